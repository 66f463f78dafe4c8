"""What `claimpath bench` measures, each kind of figure in a file of its own.

    run           which figures, in which order; plan: how much; report: what was found
    straight      claims a second, from the report to the survey
    latency       report to money settled, at a pace or alone
    intake_alone  reports a second, one process
    stored        the same network with many claims behind it
    twins         two processes of each service
    otlp          a collector for the spans, next to free
    relay         the bare relay, a program of its own
    tutorial      the usual way, a program of its own
    rival(s)      what these two share, and how they are run
    recipe        what a claim costs in hops, bytes and writes
    topics, work  how that is measured: on Kafka, on MongoDB
    stand         a fresh network in a temporary folder, with its policies registered
    load, wire    reports as prebuilt bytes, and how they are sent
    listening     when which claim got where, from the topics
    processes     CPU time and memory, from the kernel
    checks        when there is nothing to report
    figures       medians, percentiles, targets
    table, plot   the report for people; svg: how it is drawn

A benchmark is a client of the network, like any other: it imports no service. It looks into the
stores to count, and writes to them only in `stored`.
"""
