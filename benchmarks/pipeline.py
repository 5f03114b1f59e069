"""The sides that are ours: the synchronisation as the cron runs it.

Model `sm.run`; the context and the commits are its own. The clock covers queueing and the whole run:
checksum, reading, staging, planning, applying, balance, archiving the file.
"""

import json
import shutil
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


def night(process, drop: str, files: list, entities: list) -> dict:
    """Synchronise ``files``, as they lie in the drop folder in the morning.

    :return: seconds, seconds of each entity, counts of each entity, peak of the memory in MB
    """
    deliver(drop, files)
    with process.environment() as env:
        backend = env["sm.backend"].search([], limit=1)
        feeds = env["sm.feed"].with_context(active_test=False).search([])
        for feed in feeds:
            feed.active = feed.entity in entities
        env.cr.commit()
        env.invalidate_all()
        runs = env["sm.run"]
        reset_peak()
        with process.clock():
            run, _is_new = runs._queue(backend, "manual")
            env.cr.commit()
            runs._cron_night()
        peak = peak_mb()
        lines = {line.entity: line for line in run.line_ids}
        bad = [f"{line.entity}: {line.message}" for line in run.line_ids if line.state != "done"]
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


def records(process, path: str, entity: str, to: str) -> dict:
    """Write the canonical records of a file as lines of JSON: what the other sides are given."""
    with process.environment() as env:
        from odoo.addons.sm_connector.contract import CONTRACTS
        from odoo.addons.sm_connector.contract.default_mapping import SILICON_MASTER_FR
        from odoo.addons.sm_connector.contract.mapping import compile_mapping

        feed = env["sm.feed"].new({"entity": entity, "pattern": "*", "encoding": "cp1252"})
        with Path(path).open("rb") as stream, Path(to).open("w") as target:
            reader = feed._open_reader(stream, Path(path).name, lambda defect: None)
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
