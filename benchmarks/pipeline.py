"""The sides that are ours: the synchronisation as the cron runs it.

Model `sm.run`; the context and the commits are its own. The clock covers queueing and the whole
run: checksum, reading, staging, planning, applying, balance, archiving the file.
"""

import json
import shutil
from collections import Counter
from pathlib import Path

from .memory import peak_mb, reset_peak

COUNTS = ("rows", "created", "updated", "unchanged", "missing", "quarantined")


def setup(process, drop: str, entities: list) -> dict:
    """Make the master, with the feeds of ``entities`` only."""
    with process.environment() as env:
        backend = env["sm.backend"].create({"name": "Silicon Master", "drop_folder": drop})
        backend.feed_ids.filtered(lambda feed: feed.entity not in entities).active = False
        env.cr.commit()
        return {"backend": backend.id}


def move(process, drop: str) -> dict:
    """Let the master of a copied database read another drop folder."""
    with process.environment() as env:
        env["sm.backend"].search([]).drop_folder = drop
        env.cr.commit()
    return {}


def night(process, drop: str, files: list, entities: list) -> dict:
    """Synchronise ``files``, as they lie in the drop folder in the morning.

    :return: seconds, seconds and counts of each entity, peak of the memory in MB
    """
    return _run(process, drop, files, entities, "manual", "done")


def look(process, drop: str, files: list, entities: list) -> dict:
    """Make a plan of ``files`` and leave it at that.

    :return: as of :func:`night`
    """
    return _run(process, drop, files, entities, "preview", "planned")


def _run(process, drop, files, entities, trigger, state):
    deliver(drop, files)
    with process.environment() as env:
        backend = env["sm.backend"].search([], limit=1)
        _activate(env, entities)
        runs = env["sm.run"]
        reset_peak()
        with process.clock():
            run, _is_new = runs._queue(backend, trigger)
            env.cr.commit()
            runs._cron_night()
        peak = peak_mb()
        lines = {line.entity: line for line in run.line_ids}
        bad = [f"{line.entity}: {line.message}" for line in run.line_ids if line.state != state]
        if bad:
            raise RuntimeError("the run did not succeed: " + "; ".join(bad))
        return {
            "seconds": process.seconds,
            "entities": {entity: line.seconds for entity, line in lines.items()},
            "counts": {
                entity: {name: line[name] for name in COUNTS} for entity, line in lines.items()
            },
            "peak_mb": peak,
        }


def apply_alone(process, drop: str, files: list, entities: list) -> dict:
    """Apply the rows of ``files`` and nothing else: the clock covers the batches of the apply step
    with their commits, not the reading, staging and planning before nor the balance after.

    The files hold the changed rows only, so nothing is taken for missing.

    :return: seconds, counts of each entity
    """
    from odoo.addons.sm_connector.pipeline.apply import BatchApplier
    from odoo.addons.sm_connector.pipeline.context import on_behalf_of_master

    deliver(drop, files)
    with process.environment() as env:
        _activate(env, entities)
        run, _is_new = env["sm.run"]._queue(env["sm.backend"].search([], limit=1), "manual")
        run.line_ids.scope = "changes"
        counts = {}
        for line in run.line_ids.sorted("sequence"):
            with on_behalf_of_master():
                line._stage_and_plan()
                env.cr.commit()
                done = Counter()
                with process.clock():
                    batches = BatchApplier(env, line.id, line.feed_id)
                    while batch := batches.next_batch():
                        done += batch
                        env.flush_all()
                        env.cr.commit()
                        env.invalidate_all()
            counts[line.entity] = done
        env["sm.run"]._cron_night()
        return {"seconds": process.seconds, "counts": counts}


def _activate(env, entities: list):
    """Switch the other feeds off. :return: those of ``entities``"""
    feeds = env["sm.feed"].with_context(active_test=False).search([])
    for feed in feeds:
        feed.active = feed.entity in entities
    env.cr.commit()
    env.invalidate_all()
    return feeds.filtered("active")


def records(process, path: str, entity: str, to: str) -> dict:
    """Write the canonical records of a file as lines of JSON: what the other sides are given."""
    with process.environment():
        from odoo.addons.sm_connector.contract import CONTRACTS
        from odoo.addons.sm_connector.contract.default_mapping import SILICON_MASTER_FR
        from odoo.addons.sm_connector.contract.mapping import compile_mapping
        from odoo.addons.sm_connector.formats import FormatOptions, detect_format, get_format

        with Path(path).open("rb") as stream, Path(to).open("w") as target:
            reader = get_format(detect_format(path))(
                stream, Path(path).name, FormatOptions(encoding="cp1252"), lambda defect: None
            )
            compiled = compile_mapping(CONTRACTS[entity], reader.header, SILICON_MASTER_FR[entity])
            groups: dict[str, list] = {}
            for seq, cells in reader:
                groups.setdefault(compiled.key(cells), []).append((seq, cells))
            for rows in groups.values():
                print(json.dumps(compiled.convert(rows)), file=target)
        return {"records": len(groups)}


def deliver(drop: str, files: list) -> None:
    """Empty the drop folder and put copies of ``files`` there."""
    shutil.rmtree(drop, ignore_errors=True)
    Path(drop).mkdir(parents=True)
    for path in files:
        shutil.copy(path, drop)
