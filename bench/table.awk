# Reads one line per run ("name value unit") and prints one per figure: the median over the runs, in the order in
# which the names came, then the ratios. Lines with # are remarks; they pass. Several runs: their number and range
# as a remark.

/^#/ { print; next }
NF == 3 {
    if (!($1 in count)) { order[++names] = $1; unit[$1] = $3 }
    values[$1, ++count[$1]] = $2 + 0
    if (index($2, ".")) decimals[$1] = 1
}

function sort_runs(name,    i, j, value) {
    for (i = 2; i <= count[name]; i++) {
        value = values[name, i]
        for (j = i - 1; j >= 1 && values[name, j] > value; j--) values[name, j + 1] = values[name, j]
        values[name, j + 1] = value
    }
}

function median_of(name,    n, half) {
    n = count[name]
    half = int(n / 2)
    return n % 2 ? values[name, half + 1] : (values[name, half] + values[name, half + 1]) / 2
}

function ratio(name, above, below, digits) {
    if ((above in median) && (below in median) && median[below] > 0)
        printf "ratio.%s %.*f x\n", name, digits, median[above] / median[below]
}

function over(name, above, below) {
    if (above in median) printf "ratio.%s %.1f x\n", name, median[above] / below
}

END {
    for (i = 1; i <= names; i++) {
        name = order[i]
        sort_runs(name)
        median[name] = median_of(name)
        printf "%s %.*f %s\n", name, decimals[name] ? 1 : 0, median[name], unit[name]
        if (count[name] > 1)
            printf "# %s: %d runs, %.*f to %.*f\n", name, count[name], decimals[name] ? 1 : 0, values[name, 1], \
                decimals[name] ? 1 : 0, values[name, count[name]]
    }
    ratio("engine_over_bare", "engine.zipf", "bare.zipf", 3)
    ratio("engine_over_append", "engine.zipf", "append.zipf", 3)
    ratio("engine_over_redis", "engine.zipf", "redis.zipf", 1)
    ratio("engine_over_lmdb", "engine.zipf", "lmdb.zipf", 1)
    ratio("engine_over_sqlite", "engine.zipf", "sqlite.zipf", 1)
    ratio("engine_over_postgres", "engine.zipf", "postgres.zipf", 1)
    over("hot_over_published", "engine.hot", 31000)
    ratio("stores_over_warehouse", "stores.zipf", "warehouse.zipf", 3)
    ratio("flat_skus", "engine.flat.skus", "engine.zipf", 3)
    ratio("flat_orders", "engine.flat.orders_last", "engine.flat.orders_first", 3)
    ratio("latency_p99_over_sync_p99", "latency.p99", "sync.write_p99", 2)
    ratio("snapshot_p999_over_without", "snapshot.stall_p999", "snapshot.without_p999", 2)
    ratio("replay_over_engine", "recovery.replay", "engine.zipf", 2)
    ratio("resp_order_over_redis_set", "resp.order", "redis.set", 2)
    ratio("http_order_over_nginx", "http.order", "nginx.const", 3)
    ratio("overload_over_best", "overload", "http.order", 3)
    ratio("events_with_over_without", "events.with", "events.without", 3)
}
