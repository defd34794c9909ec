#!/bin/sh
# kill -9 of the real binary in the middle of a sale, many times. The list of acknowledged orders is kept outside of the
# data folder; after each restart every one of them must be there, with its total, and the audit must be clean.
#   test/test_kill.sh build/eleven [ROUNDS]
set -eu
eleven=$(realpath "$1")
rounds=${2:-20}
work=$(mktemp -d "${TMPDIR:-/tmp}/eleven-kill.XXXXXX")
seller=
finish() {
    [ -z "$seller" ] || kill -9 "$seller" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT INT TERM
shop=$work/shop

cd "$work"
printf 'code,zh,en,province,lon,lat,population\n3101,上海市,Shanghai,上海市,121.45806,31.22222,24874500\n' >cities.csv
printf 'sku,location,quantity\n' >stock.csv
printf 'Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Variant Barcode,Image Src\n' >products.csv
for n in 1 2 3 4 5 6 7 8 9; do
    printf 'thing-%s,Thing %s,,Maker,Things,,true,Title,Default Title,T%s,2000000,19.9%s,,\n' $n $n $n $n >>products.csv
done
"$eleven" init "$shop" >/dev/null
"$eleven" import "$shop" --cities cities.csv >/dev/null
"$eleven" import "$shop" --shopify products.csv --currency CNY --location main --city 3101 >/dev/null
"$eleven" festival "$shop" --code night --name Night --opens now --closes now+1h --currency CNY >/dev/null

passed=0
failed=0
total=0
round=1
while [ $round -le "$rounds" ]; do
    acknowledged=$work/acknowledged.$round
    "$eleven" sell "$shop" --festival night --shoppers 2000 --orders 100000000 --rate 30000 --seed $round --hold-percent 20 \
        --acknowledged "$acknowledged" >"$work/sell.log" 2>&1 &
    seller=$!
    waited=0
    while [ ! -s "$acknowledged" ] && [ $waited -lt 200 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    sleep "0.$(((round * 37) % 90 + 10))"
    kill -9 $seller
    wait $seller 2>/dev/null || true
    seller=
    "$eleven" export "$shop" orders >"$work/orders.csv"
    # A line of the list: id key total. The last one may have been cut short by the kill.
    sed '$d' "$acknowledged" | awk '{print $1, $3}' | sort >"$work/told"
    awk -F, 'NR==1 {for (i=1; i<=NF; i++) {if ($i=="order") o=i; if ($i=="total") t=i} next} {sub(/\./, "", $t); print $o, $t}' \
        "$work/orders.csv" | sort -u >"$work/there"
    lost=$(comm -23 "$work/told" "$work/there" | wc -l)
    told=$(wc -l <"$work/told")
    total=$((total + told))
    if [ "$lost" -eq 0 ] && [ "$told" -gt 0 ] && "$eleven" audit "$shop" >"$work/audit.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "round $round: $lost of $told acknowledged orders are missing, or the audit failed:"
        tail -n 20 "$work/audit.log" "$work/sell.log"
    fi
    round=$((round + 1))
done
echo "kill -9: $total acknowledged orders, none lost in $passed of $rounds rounds"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
