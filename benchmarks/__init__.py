"""What `claimpath bench` measures, each kind of figure in a file of its own.

    run        which figures, in which order; the report
    stand      a fresh network in a temporary folder, with its policies registered
    load       reports of loss as prebuilt bytes
    wire       HTTP at next to no cost
    listening  when which claim got where, from the topics
    processes  CPU time and memory, from the kernel
    straight   claims a second, from the report to the survey
    checks     when there is nothing to report: claims lost, books that do not balance
    figures    medians, percentiles, targets
    table      the report for people

A benchmark is a client of the network, like any other: it imports no service.
"""
