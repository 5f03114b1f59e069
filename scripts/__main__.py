"""``python3 -m scripts <command>``: what the Makefile calls."""

import re
import sys

MINIMUM = (3, 10)


def _help() -> None:
    from .settings import ROOT

    print("make …\n")
    for line in (ROOT / "Makefile").read_text().splitlines():
        match = re.match(r"^([a-z-]+):.*?## (.*)$", line)
        if match:
            print(f"  {match[1]:<12}{match[2]}")
    print(
        "\nEnvironment variables: ODOO_HTTP_PORT (8069), SM_SIM_PORT (8070),\n"
        "THREECX_SIM_PORT (8071), GRAPH_SIM_PORT (8073), IADVIZE_SIM_PORT (8074),\n"
        "MESSENGER_SIM_PORT (8075), DEMO_DB, SUITE_DATA (.data),\n"
        "SUITE_CACHE (~/.cache/silicon-crm-suite), ODOO_HOME (your Odoo 19),\n"
        "PGHOST PGPORT PGUSER PGPASSWORD (your PostgreSQL), PYTHON (python3),\n"
        "TEST, FIGURES, PICTURES, BENCH_SCALE, FAULTS_MESSAGES, CACHE=1."
    )


def _commands():
    from . import bench, clean, compat, demo, faults, lint, screenshots, soak, test_suite, ways

    return {
        "help": _help,
        "demo": demo.demo,
        "demo-reset": demo.reset,
        "night": demo.night,
        "test": test_suite.main,
        "soak": soak.main,
        "faults": faults.main,
        "compat": compat.main,
        "ways": ways.main,
        "lint": lint.main,
        "traps": lint.traps,
        "bench": bench.main,
        "screenshots": screenshots.main,
        "clean": clean.main,
    }


def main(arguments: list[str]) -> int:
    """Run one command.

    :return: exit code: 0 all is well, 1 it failed, 130 it was stopped
    """
    from .console import Problem
    from .processes import Stopped

    commands = _commands()
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"usage: python3 -m scripts {{{','.join(commands)}}}", file=sys.stderr)
        return 2
    try:
        return 1 if commands[arguments[0]]() is False else 0
    except Problem as problem:
        print(problem.report(), file=sys.stderr, flush=True)
    except OSError as error:
        what = Problem(
            f"make {arguments[0]}", str(error), "check the rights and the free space of that place"
        )
        print(what.report(), file=sys.stderr, flush=True)
    except (KeyboardInterrupt, Stopped):
        print("\nStopped.", flush=True)
        return 130
    return 1


if __name__ == "__main__":
    if sys.version_info < MINIMUM:
        sys.exit(f"Python {sys.version.split()[0]} is too old: make PYTHON=python3.12 …")
    sys.exit(main(sys.argv[1:]))
