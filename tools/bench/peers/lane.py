"""The life of a lane's process in Python: see answers.ts, which says the same for Node."""

import json
import os
import resource
import sys
import time


class Absent(Exception):
    """What can't run here: its lane is left out, and the message says why."""


def serve(start):
    # Libraries that greet on standard output are sent to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**answer):
        print(json.dumps(answer), file=answers, flush=True)

    order = json.loads(sys.argv[1])
    steps = order["workload"]["batches"]
    try:
        system, parameters, epoch = start(order)
        say(system=system, parameters=parameters)
        for _ in sys.stdin:
            began, cpu = time.perf_counter(), time.process_time()
            epoch()
            say(
                msPerStep=(time.perf_counter() - began) * 1000 / steps,
                cpuPerStep=(time.process_time() - cpu) * 1000 / steps,
                peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            )
    except Absent as error:
        say(absent=str(error))
    except Exception as error:  # The parent shows it in the lane's row.
        say(error=f"{type(error).__name__}: {error}".splitlines()[0])
