#!/bin/sh
# The command line, end to end, through the binary, as a user would: test/test_cli.sh build/eleven
# Prints "ok NAME" or "not ok NAME" for each test, then "N passed, M failed"; fails when any failed.
set -u

eleven=${1:?usage: test_cli.sh path/to/eleven}
case $eleven in /*) ;; *) eleven=$PWD/$eleven ;; esac
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
fixtures=$here/fixtures
build=$(dirname "$eleven")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
passed=0
failed=0

ok() {
    passed=$((passed + 1))
    echo "ok $1"
}

not_ok() {
    failed=$((failed + 1))
    echo "not ok $1"
    sed 's/^/    /' out err 2>/dev/null | head -40
}

# expect NAME CODE WORDS COMMAND...: the command ends with CODE and says WORDS, on either stream.
expect() {
    name=$1 code=$2 words=$3
    shift 3
    "$@" >out 2>err
    got=$?
    if [ "$got" -ne "$code" ]; then
        echo "    exit code $got, expected $code" >>err
        not_ok "$name"
    elif [ -n "$words" ] && ! cat out err | grep -qF -- "$words"; then
        echo "    expected to read: $words" >>err
        not_ok "$name"
    else
        ok "$name"
    fi
}

digest() {
    "$eleven" replay "$1" | sed -n 's/^digest *//p;s/^command *//p' | tr '\n' ' '
}

# refused NAME CODE WORDS FOLDER COMMAND...: as expect, and the folder's state is what it was before.
refused() {
    refused_name=$1 refused_code=$2 refused_words=$3 folder=$4
    shift 4
    before=$(digest "$folder")
    expect "$refused_name" "$refused_code" "$refused_words" "$@"
    after=$(digest "$folder")
    if [ -n "$before" ] && [ "$before" = "$after" ]; then
        ok "$refused_name: nothing changed"
    else
        not_ok "$refused_name: nothing changed ($before / $after)"
    fi
}

# --- the tool itself ----------------------------------------------------------
expect "no subcommand" 2 "usage: eleven" "$eleven"
expect "version" 0 "eleven 0." "$eleven" --version
expect "help" 0 "audit" "$eleven" help
for page in init import festival sell audit explain replay export bench demo; do
    expect "help $page" 0 "usage: eleven $page" "$eleven" help "$page"
    expect "$page --help" 0 "exit codes:" "$eleven" "$page" --help
    expect "$page without a folder" 2 "an argument is missing" "$eleven" "$page"
    expect "$page with an unknown option" 2 "there is no option --frobnicate" "$eleven" "$page" x --frobnicate
done
expect "unknown subcommand with a hint" 2 'did you mean "audit"?' "$eleven" aduit
expect "unknown option with a hint" 2 "did you mean --limit?" "$eleven" init x --limits
expect "option without its value" 2 "--limit needs a value" "$eleven" init x --limit
expect "switch with a value" 2 "--json takes no value" "$eleven" audit x --json=yes
expect "a word for a number" 2 "takes a whole number" "$eleven" sell x --festival f --orders many
expect "one argument too many" 2 "one argument too many" "$eleven" audit x y

# Files of the journal of 8 MiB instead of 64: each command that writes zeroes one.
small_segments() {
    sed -i 's/^\(journal_segment_bytes = \).*/\18388608/' "$1/eleven.conf"
}

# --- init ---------------------------------------------------------------------
expect "init" 0 "shop is ready" "$eleven" init shop
expect "init twice" 3 "exists" "$eleven" init shop
small_segments shop
expect "init in no folder" 3 "is the folder around it there" "$eleven" init no/such/parent/shop
expect "unknown limit" 2 "did you mean orders?" "$eleven" init other --limit order=5
expect "limit without a number" 2 "takes a whole number" "$eleven" init other --limit orders=
expect "limit out of range" 2 "" "$eleven" init other --limit orders=0
expect "a refused init leaves nothing" 3 "not-found" "$eleven" replay other
for command in "audit none" "replay none" "festival none" "export none orders" "explain none 1" \
    "sell none --festival 11.11" "import none --stock $fixtures/stock.csv"; do
    # shellcheck disable=SC2086
    expect "${command%% *} of no folder" 3 "none: not-found" "$eleven" $command
done

# --- import: places, products ---------------------------------------------------
expect "import nothing" 2 "no file is named" "$eleven" import shop
expect "cities" 0 "cities: 334 new" "$eleven" import shop --cities "$top/data/cities_cn.csv"
refused "cities again" 0 "nothing to do" shop "$eleven" import shop --cities "$top/data/cities_cn.csv"
expect "check only" 0 "SKUs: 5 new" "$eleven" import shop --shopify "$fixtures/products.csv" --check
refused "location needs a city" 1 "name with --city the city" shop \
    "$eleven" import shop --shopify "$fixtures/products.csv" --location main
refused "city does not exist" 1 'there is no city "Atlantis"' shop \
    "$eleven" import shop --shopify "$fixtures/products.csv" --location main --city Atlantis
expect "products" 0 "SKUs: 5 new, 0 changed, 0 unchanged" \
    "$eleven" import shop --shopify "$fixtures/products.csv" --location main --city 3301
refused "products again" 0 "SKUs: 0 new, 0 changed, 5 unchanged" shop \
    "$eleven" import shop --shopify "$fixtures/products.csv" --location main
expect "another folder" 0 "" "$eleven" init names
expect "new column names, in one go with cities" 0 "SKUs: 5 new" "$eleven" import names \
    --cities "$top/data/cities_cn.csv" --shopify "$fixtures/products_new_names.csv" --location main --city 3301
"$eleven" export shop stock >stock-old.csv 2>err
"$eleven" export names stock >out 2>err
if cmp -s out stock-old.csv; then ok "both spellings give the same stock"; else not_ok "both spellings give the same stock"; fi
expect "BOM and CRLF" 0 "SKUs: 0 new, 1 changed, 4 unchanged" "$eleven" import names --shopify "$fixtures/products_bom_crlf.csv"

expect "a code of handle and options" 0 "varsity-top/medium-grey-black-2" cat stock-old.csv
expect "GTINs are padded to 14 digits" 0 "09520000000028" cat stock-old.csv
expect "Chinese titles" 0 "龙井茶" cat stock-old.csv

# --- import: bad files; nothing changes -------------------------------------------
bad() {
    refused "bad file: $1" 1 "$2" shop "$eleven" import shop --shopify "$fixtures/$1" --location main
    expect "bad file: $1 says so" 1 "nothing was changed" "$eleven" import shop --shopify "$fixtures/$1" --location main
}
bad bad_barcode.csv 'bad_barcode.csv:3:7: Variant Barcode: "9520000000012" is not a GTIN'
bad bad_price.csv 'bad_price.csv:6:6: Variant Price: "" is not a price above 0'
bad bad_quote.csv 'bad_quote.csv:3:2: Title: a quote is opened here and never closed'
bad bad_utf8.csv 'bad_utf8.csv:3:2: Title: bytes that are not UTF-8'
bad bad_nul.csv 'bad_nul.csv:3:2: Title: a NUL byte'
bad bad_fields.csv 'bad_fields.csv:3: 6 fields, but the header has 8'
bad bad_header.csv 'bad_header.csv:1: there is no column "Variant Price"'
bad bad_code.csv '129 bytes long; a code has at most 128'
bad bad_twice.csv 'bad_twice.csv:3:5: Variant SKU: "S-1" is there twice; first in line 2'
bad bad_apart.csv 'bad_apart.csv:4:1: Handle: "a" began in line 2; the rows of a product must stand together'
bad bad_title.csv 'bad_title.csv:2:2: Title: is empty'
bad bad_gtin_twice.csv 'Variant Barcode: duplicate-gtin'
bad bad_quantity.csv '"-3" is not a whole number'
bad bad_many.csv 'stopped reading after 20 errors'
bad bad_cr.csv 'a carriage return that ends no line'
bad bad_behind_quote.csv 'text behind a closing quote'
bad bad_empty.csv 'the file is empty'
{ printf 'Handle,Title,Body (HTML),Variant Price\nlong,Long,'; head -c 66000 /dev/zero | tr '\0' x; printf ',1.00\n'; } >bad_body.csv
refused "bad file: a text too long" 1 "bad_body.csv:2:3: Body (HTML): the product's texts are too long" shop \
    "$eleven" import shop --shopify bad_body.csv
refused "file that is not there" 4 "No such file" shop "$eleven" import shop --shopify no-such.csv
refused "a folder for a file" 4 "Is a directory" shop "$eleven" import shop --shopify .
refused "currency that is none" 1 "is not an ISO 4217 code" shop \
    "$eleven" import shop --shopify "$fixtures/products.csv" --currency ZZZ
refused "one good file and a bad one" 1 "nothing was changed" shop "$eleven" import shop \
    --locations "$fixtures/locations.csv" --shopify "$fixtures/bad_price.csv"
refused "bad cities" 1 'bad_cities.csv:2:5: lon: "181"' shop "$eleven" import shop --cities "$fixtures/bad_cities.csv"

# --- import: places, prices, stock, inventory -----------------------------------------
expect "locations, brands, prices, stock" 0 "stock books: 3 new" "$eleven" import shop \
    --locations "$fixtures/locations.csv" --brands "$fixtures/brands.csv" --prices "$fixtures/prices.csv" \
    --stock "$fixtures/stock.csv"
refused "and again" 0 "nothing to do" shop "$eleven" import shop \
    --locations "$fixtures/locations.csv" --brands "$fixtures/brands.csv" --prices "$fixtures/prices.csv" \
    --stock "$fixtures/stock.csv"
refused "bad prices" 1 'bad_prices.csv:2:3: price: "330.5"' shop "$eleven" import shop --prices "$fixtures/bad_prices.csv"
refused "bad stock" 1 'bad_stock.csv:3:1: sku: "MUG-RED" is there twice' shop \
    "$eleven" import shop --stock "$fixtures/bad_stock.csv"
expect "inventory by rows" 0 "stock books: 0 new, 2 changed, 1 unchanged" \
    "$eleven" import shop --inventory "$fixtures/inventory_rows.csv"
refused "inventory by rows again" 0 "nothing to do" shop "$eleven" import shop --inventory "$fixtures/inventory_rows.csv"
expect "inventory by columns" 0 "stock books: 2 new" "$eleven" import shop --inventory "$fixtures/inventory_wide.csv"
refused "inventory by columns again" 0 "nothing to do" shop "$eleven" import shop --inventory "$fixtures/inventory_wide.csv"
refused "bad inventory" 1 'bad_inventory.csv:4:5: On hand (new): "many"' shop \
    "$eleven" import shop --inventory "$fixtures/bad_inventory.csv"
expect "a full pool" 0 "" "$eleven" init narrow --limit skus=3
expect "cities in the narrow one" 0 "" "$eleven" import narrow --cities "$top/data/cities_cn.csv"
refused "more SKUs than there is room for" 1 "pool-full: no room for more skus than 3" narrow \
    "$eleven" import narrow --shopify "$fixtures/products.csv"

# --- every public sample, if it is here -------------------------------------------------
for sample in "$top"/../shared/data/shopify/*.csv; do
    [ -f "$sample" ] || continue
    expect "sample ${sample##*/}" 0 "imported:" "$eleven" import names --shopify "$sample" --location main
    refused "sample ${sample##*/} again" 0 "nothing to do" names "$eleven" import names --shopify "$sample" --location main
done

# --- festival ------------------------------------------------------------------------------
expect "no festival yet" 0 "no festival yet" "$eleven" festival shop
refused "a new festival needs a window" 2 "needs --opens and --closes" shop "$eleven" festival shop --code 11.11
refused "a time that is none" 2 "--opens takes a time" shop \
    "$eleven" festival shop --code 11.11 --opens 2018-02-29T00:00:00Z --closes now+1h
refused "a window that ends before it begins" 1 "bad-window" shop \
    "$eleven" festival shop --code 11.11 --opens now+2h --closes now+1h
expect "options without --code" 2 "--code is missing" "$eleven" festival shop --name x
expect "festival" 0 "festivals: 1 new" "$eleven" festival shop --code 11.11 --name "Double Eleven" --opens now+1h \
    --closes now+2h --currency CNY --usd-rate 6.9329 --utc-offset +08:00 --deals "$fixtures/deals.csv"
refused "a code that is none" 2 "--code takes 1 to 128 bytes" shop "$eleven" festival shop --code "" --opens now --closes now+1h
refused "a code with a control character" 2 "--code takes" shop \
    "$eleven" festival shop --code "$(printf 'a\001')" --opens now --closes now+1h
refused "a code that is not UTF-8" 2 "it is not UTF-8" shop \
    "$eleven" festival shop --code "$(printf 'a\377')" --opens now --closes now+1h
refused "a code too long" 2 "longer than 128 bytes" shop \
    "$eleven" festival shop --code "$(printf '%0129d' 0)" --opens now --closes now+1h
refused "a name that is not UTF-8" 2 "--name takes" shop "$eleven" festival shop --code 11.11 --name "$(printf 'a\377')"
refused "a time before 1970" 2 "--opens takes a time from 1970" shop \
    "$eleven" festival shop --code 11.11 --opens 1969-12-31T00:00:00Z
refused "a time long ago" 2 "--opens takes a time from 1970" shop "$eleven" festival shop --code 11.11 --opens now-100000d
refused "a time beyond 2099" 2 "--closes takes a time from 1970" shop \
    "$eleven" festival shop --code 11.11 --closes 9999-01-01T00:00:00Z
refused "a rate below 0" 2 "--usd-rate takes" shop "$eleven" festival shop --code 11.11 --usd-rate -1
refused "an offset too far" 2 "--utc-offset takes" shop "$eleven" festival shop --code 11.11 --utc-offset +15:00
refused "a window too long" 1 "at most 31 days" shop "$eleven" festival shop --code long --opens now --closes now+32d
refused "a seller without a code" 2 "--seller takes" shop \
    "$eleven" import shop --shopify "$fixtures/products.csv" --seller ""
expect "a countdown too long" 2 "--countdown takes" "$eleven" demo none --countdown 99999999999 --data "$top/data"
expect "festival in the list" 0 "opens in 59 min" "$eleven" festival shop
expect "its deals" 0 "deals     1, 0 sold out" "$eleven" festival shop
refused "festival again" 0 "deals: 0 new, 0 changed, 1 unchanged" shop \
    "$eleven" festival shop --code 11.11 --deals "$fixtures/deals.csv"

# --- columns that a file of deals does not have ---------------------------------------------------------------
deal_of() {
    "$eleven" export "$1" deals | tr -d '\r' | grep ",$2," | cut -d, -f3,5,7
}
printf 'sku,price\nMUG-RED,10.00\n' >price-only.csv
expect "deals without the other columns" 0 "deals: 0 new, 1 changed" "$eleven" festival shop --code 11.11 --deals price-only.csv
expect "keep their quota and cap" 0 "10.00,5,2" deal_of shop MUG-RED
printf 'sku,price,quota\nMUG-RED,11.11,\n' >no-quota.csv
expect "an empty quota" 0 "1 changed" "$eleven" festival shop --code 11.11 --deals no-quota.csv
expect "is no bound, and the cap stays" 0 "11.11,,2" deal_of shop MUG-RED
expect "and as it was" 0 "1 changed" "$eleven" festival shop --code 11.11 --deals "$fixtures/deals.csv"
expect "export deals" 0 "festival,sku,price,currency,quota,taken,cap,opens,closes" "$eleven" export shop deals

# --- flagship cities, and deals of a city or a store ----------------------------------------------------------
cp -r shop places
expect "flagship cities" 0 "flagships 3301 " "$eleven" festival places --code 11.11 --flagship 3301
expect "these and no others" 0 "flagship cities: 1 new, 1 changed" "$eleven" festival places --code 11.11 --flagship 1101
refused "a flagship on the moon" 1 'there is no city "moon"' places "$eleven" festival places --code 11.11 --flagship moon
expect "none" 0 "flagship cities: 0 new, 1 changed" "$eleven" festival places --code 11.11 --flagship none
printf 'sku,price,quota,city,store\nMUG-RED,9.11,5,3301,\nMUG-RED,8.11,,,st-1\n' >scoped.csv
expect "deals of places" 0 "deals: 2 new, 0 changed" "$eleven" festival places --code 11.11 --deals scoped.csv
"$eleven" export places deals >deals-back.csv
refused "exported and read again" 0 "deals: 0 new, 0 changed, 3 unchanged" places \
    "$eleven" festival places --code 11.11 --deals deals-back.csv
expect "they move with the festival" 0 "deals: 0 new, 3 changed" "$eleven" festival places --code 11.11 --closes now+3h
expect "and keep their places" 0 ",3301," "$eleven" export places deals
refused "a deal in no city" 1 'scoped.csv:2:4: city: there is no city "moon"' places \
    sh -c "sed -i s/3301/moon/ scoped.csv; '$eleven' festival places --code 11.11 --deals scoped.csv"
expect "export locations" 0 "code,name,kind,city,lon,lat,services,utc_offset,hours" "$eleven" export places locations
refused "shown nowhere" 2 "--shown-here is for delivery, and needs --store" places \
    "$eleven" explain places --shopper 1 --sku MUG-RED --shown-here

# --- sell, explain, audit, export --------------------------------------------------------------
expect "sell in no festival" 1 'there is no festival "12.12"' "$eleven" sell shop --festival 12.12
expect "sell without a festival" 2 "--festival is missing" "$eleven" sell shop
expect "a sale that is not open" 0 "100 not-open" "$eleven" sell shop --festival 11.11 --shoppers 10 --orders 100
expect "why: not open" 0 "decision: not-open" "$eleven" explain shop --shopper 1 --sku MUG-RED --festival 11.11
expect "why: no such shopper" 0 "decision: unknown-shopper" "$eleven" explain shop --shopper 99 --sku MUG-RED --city 3301
expect "why: no such shopper, who has no city either" 0 "decision: unknown-shopper" \
    "$eleven" explain shop --shopper 99 --sku MUG-RED
expect "a shopper beyond all numbers" 2 "--shopper is out of range" "$eleven" explain shop --shopper 4294967297 --sku MUG-RED
expect "an order and a question" 2 "either the ORDER" "$eleven" explain shop 1 --shopper 1
expect "why: too many" 0 "at most 9999" "$eleven" explain shop --shopper 1 --sku MUG-REDx10000
expect "why: a wished-for source" 0 "wished from wh-1" "$eleven" explain shop --shopper 1 --sku MUG-RED --store wh-1
expect "why: outside of the festival" 0 "decision: ok" "$eleven" explain shop --shopper 1 --sku MUG-RED
expect "why: not for sale" 0 "not-for-sale: This SKU is not for sale. (TEA-250)" "$eleven" explain shop --shopper 1 --sku TEA-250
expect "why: sold out" 0 "-> sold-out" "$eleven" explain shop --shopper 1 --sku MUG-REDx9000
expect "why: from a store" 0 "ok  route at st-1" "$eleven" explain shop --shopper 1 --sku MUG-RED --store st-1 --carry-out
expect "why: a warehouse hands nothing out" 0 "decision: bad-service" \
    "$eleven" explain shop --shopper 1 --sku MUG-RED --store wh-1 --pick-up
expect "explain an unknown SKU" 1 'there is no SKU "NO-SUCH"' "$eleven" explain shop --shopper 1 --sku NO-SUCH
expect "explain an order that is none" 1 "there is no order 1" "$eleven" explain shop 1
expect "explain a word" 2 "ORDER is the number of an order" "$eleven" explain shop first
expect "explain nobody's order" 2 "--shopper is needed" "$eleven" explain shop --sku MUG-RED

expect "open the sale: its deal moves with it" 0 "deals: 0 new, 1 changed, 0 unchanged" "$eleven" festival shop --code 11.11 --opens now
expect "sell" 0 "accepted" "$eleven" sell shop --festival 11.11 --shoppers 50 --orders 2000 --seed 7 --hold-percent 10 \
    --acknowledged acknowledged
expect "the deal is sold out to the unit" 0 "deals     1, 1 sold out" "$eleven" festival shop
expect "audit" 0 "audit passed" "$eleven" audit shop
expect "audit as JSON" 0 '"oversold":0,"unit_errors":0,"ledger_errors":0' "$eleven" audit shop --json
expect "explain an order" 0 "decision: ok" "$eleven" explain shop 1
expect "explain tells what became of it" 0 "since then:" "$eleven" explain shop 2
expect "why: deal sold out" 0 "no  deal quota of MUG-RED: units left 0, wanted 1 -> deal-sold-out" \
    "$eleven" explain shop --shopper 1 --sku MUG-RED --festival 11.11
expect "replay until a command" 0 "command  10" "$eleven" replay shop --until 10
expect "replay until a time" 0 "command  0" "$eleven" replay shop --until 2018-11-11T00:00:00+08:00
expect "replay until nonsense" 2 "--until takes" "$eleven" replay shop --until someday
expect "export orders" 0 "order,placed_at,state" "$eleven" export shop orders --festival 11.11
expect "export sales" 0 "11.11,MUG-RED,Red Mug" "$eleven" export shop sales
expect "export to a full disk" 4 "standard output" sh -c '"$0" export shop orders >/dev/full' "$eleven"
expect "export of no festival" 1 "there is no festival" "$eleven" export shop orders --festival 12.12
expect "export of nothing" 2 "is none of orders, stock, sales, deals and locations" "$eleven" export shop things

# acknowledged FOLDER FILE: every line "id key total" is an order of that total.
acknowledged() {
    "$eleven" export "$1" orders >orders.csv 2>err || return 1
    tr -d '\r' <orders.csv | awk -F, -v lines="$2" '
        NR > 1 { total[$1] = $12 }
        END {
            while ((getline line < lines) > 0) {
                split(line, part, " ")
                if (!(part[1] in total) || sprintf("%.2f", part[3] / 100) != total[part[1]]) { print "lost:", line; bad = 1 }
                count++
            }
            print count + 0, "acknowledged"
            exit bad || count == 0
        }' >out
}
if acknowledged shop acknowledged; then ok "acknowledged orders are there"; else not_ok "acknowledged orders are there"; fi

# --- beside a running sale; kill -9 ------------------------------------------------------------------
expect "a stock that lasts" 0 "" "$eleven" import shop --stock /dev/stdin <<STOCK
sku,location,quantity
varsity-top/small-grey-black,wh-1,1000000
varsity-top/medium-grey-black,wh-2,1000000
STOCK
killed=0
for round in 1 2 3; do
    rm -f "acknowledged-$round"
    "$eleven" sell shop --festival 11.11 --shoppers 50 --orders 100000000 --rate 30000 --seed "$round" \
        --acknowledged "acknowledged-$round" >sell-out 2>sell-err &
    seller=$!
    tries=0
    while [ ! -s "acknowledged-$round" ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
    if [ "$round" -eq 1 ]; then
        expect "audit beside a running sale" 0 "audit passed" "$eleven" audit shop
        expect "two cannot have one folder" 3 "busy" "$eleven" sell shop --festival 11.11
        printf 'code,name,country\nlate,Late,\n' >late.csv
        expect "an import must wait as well" 3 "busy" "$eleven" import shop --brands late.csv
    fi
    sleep 0.3
    kill -9 "$seller" && killed=$((killed + 1))
    wait "$seller" 2>/dev/null
    if acknowledged shop "acknowledged-$round"; then
        ok "kill -9, round $round: nothing acknowledged is lost ($(cat out))"
    else
        not_ok "kill -9, round $round: nothing acknowledged is lost"
    fi
    expect "kill -9, round $round: the audit passes" 0 "audit passed" "$eleven" audit shop
done
expect "all three were killed" 0 "3" echo "$killed"
expect "and it opens again" 0 "accepted" "$eleven" sell shop --festival 11.11 --shoppers 50 --orders 1000
expect "audit at the end" 0 "audit passed" "$eleven" audit shop

# --- Ctrl-C ends a sale cleanly --------------------------------------------------------------------------
rm -f acknowledged-int
"$eleven" sell shop --festival 11.11 --shoppers 50 --orders 100000000 --rate 30000 --acknowledged acknowledged-int >out 2>err &
seller=$!
tries=0
while [ ! -s acknowledged-int ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -TERM "$seller"
wait "$seller"
code=$?
if [ $code -eq 0 ] && grep -q accepted out; then ok "an interrupted sale ends cleanly"; else not_ok "an interrupted sale ends cleanly ($code)"; fi

# --- damage ----------------------------------------------------------------------------------------------
cp -r names damaged
printf '\377\377\377\377' | dd of=damaged/journal-0000000001.log bs=1 seek=5000 conv=notrunc 2>/dev/null
expect "audit of a damaged journal" 3 "rot" "$eleven" audit damaged
expect "replay of a damaged journal" 3 "rot" "$eleven" replay damaged
rm -f damaged/snapshot-*
expect "a damaged journal is not opened" 3 "rot" "$eleven" import damaged --prices "$fixtures/prices.csv"
rm -f names/journal-0000000001.log
expect "a journal that is gone" 3 "" "$eleven" audit names
echo "orders = many" >>damaged/eleven.conf
expect "a configuration that is none" 3 "eleven.conf" "$eleven" audit damaged

# --- a snapshot that is damaged, or ahead of its journal ---------------------------------------------------------
expect "a folder with snapshots" 0 "" "$eleven" init snapped --limit shoppers=20 --limit orders=30
small_segments snapped
expect "its first journal" 0 "" "$eleven" import snapped --cities "$top/data/cities_cn.csv"
cp -r snapped behind
expect "and more" 0 "" "$eleven" import snapped --shopify "$fixtures/products.csv" --location main --city 3301
cp snapped/snapshot-* behind/
for command in "audit behind" "festival behind" "export behind stock" "replay behind" "explain behind --shopper 1 --sku X" \
    "import behind --prices $fixtures/prices.csv"; do
    # shellcheck disable=SC2086
    expect "${command%% *} of a journal that ends before its snapshot" 3 "the journal ends at 335, the snapshot is of 357" \
        "$eleven" $command
done
newest=$(cd snapped && ls | grep snapshot- | tail -1)
cp -r snapped emptied
: >"emptied/$newest"
cp -r snapped flipped
printf '\377\376\375\374' | dd of="flipped/$newest" bs=1 seek=20000 conv=notrunc 2>/dev/null
for folder in emptied flipped; do
    expect "audit of a snapshot that is $folder" 3 "$newest" "$eleven" audit $folder
    expect "audit says what to do" 3 "the journal is good and has everything: move that file aside" "$eleven" audit $folder
    expect "JSON says so too" 3 '"snapshot_errors":1' "$eleven" audit $folder --json
    expect "import says so too" 3 "move th" "$eleven" import $folder --prices "$fixtures/prices.csv"
    rm "$folder/$newest"
    expect "and without it all is good" 0 "imported:" "$eleven" import $folder --prices "$fixtures/prices.csv"
done

# --- limits ------------------------------------------------------------------------------------------------------
expect "a festival in it" 0 "" "$eleven" festival snapped --code f --opens now --closes now+1d
refused "more shoppers than there is room for" 1 "pool-full: no room for more shoppers than 20; raise" snapped \
    "$eleven" sell snapped --festival f --shoppers 21 --orders 1
expect "a refusal names its pool" 0 "pool-full: no room for more orders than 30" \
    "$eleven" sell snapped --festival f --shoppers 20 --orders 500
sed 's/^skus = .*/skus = 2/' snapped/eleven.conf >conf && cp conf snapped/eleven.conf
for command in "audit snapped" "festival snapped" "sell snapped --festival f"; do
    # shellcheck disable=SC2086
    expect "${command%% *} with a limit below what is in use" 3 "foreign: eleven.conf:" "$eleven" $command
done
echo "nonsense" >>snapped/eleven.conf
for command in "audit snapped" "sell snapped --festival f"; do
    # shellcheck disable=SC2086
    expect "${command%% *} with a bad configuration" 3 "bad-config: eleven.conf, line" "$eleven" $command
done

# --- the festival in the terminal, small -------------------------------------------------------------------
expect "demo" 0 "oversold = 0" "$eleven" demo party --shoppers 500 --skus 300 --orders 5000 --countdown 0 --data "$top/data"
expect "demo without its data" 4 "no cities_cn.csv" "$eleven" demo nowhere --data /nope
expect "makes no folder" 3 "not-found" "$eleven" audit nowhere
expect "bench of no such part" 2 "there is no such part" "$eleven" bench nowhere --part most
expect "a night of a year without figures" 2 "2016, 2017 or 2018" "$eleven" bench nowhere --night 2014
expect "a thousandth of the night of 2018, audited" 0 "audit passed" "$eleven" bench night --night 2018 --part-of 1000
expect "and its folder is gone" 3 "not-found" "$eleven" audit night
expect "demo in a folder that is there" 3 "exists" "$eleven" demo party --data "$top/data"
expect "the same seed makes the same goods" 0 "" sh -c '
    "$0" demo again --shoppers 500 --skus 300 --orders 5000 --countdown 0 --data "$1" >/dev/null &&
    "$0" export party stock | cut -d, -f1-4 >a && "$0" export again stock | cut -d, -f1-4 >b && cmp a b' "$eleven" "$top/data"

# --- the library's example ------------------------------------------------------------------------------------
if [ -f "$build/libeleven.a" ]; then
    expect "the example compiles" 0 "" ${CC:-cc} -std=c17 -Wall -Wextra -Werror -I"$top/src" "$top/docs/example.c" ${EXAMPLE_FLAGS:-} \
        "$build/libeleven.a" -lxxhash -luring -lpthread -o example
    expect "the example runs" 0 "order 1: 3980 fen, mugs left: 8" ./example example-shop
    expect "the example's folder passes the audit" 0 "audit passed" "$eleven" audit example-shop
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
