import { Component, onWillStart, useRef, useState } from "@odoo/owl";

import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { downloadFile } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { getDataURLFromFile } from "@web/core/utils/urls";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { MappingDiffDialog } from "./mapping_diff_dialog";
import { MappingRow } from "./mapping_row";
import { computeRows, foldColumn, newRule, sourcesOf } from "./mapping_rows";

const CHECK_DELAY = 200; // ms after the last change
const SHOWN_PROBLEMS = 5;
const MAX_UPLOAD = 64 * 1024 * 1024; // as on the server

/**
 * The mapping of a feed beside the columns of a real source and what they are converted to.
 *
 * The server converts, checks and recognises; what is edited lives here until it is saved.
 */
export class MappingEditor extends Component {
    static template = "sm_connector.MappingEditor";
    static components = { Dropdown, DropdownItem, Layout, MappingRow };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.keepLast = new KeepLast();
        this.uploadRef = useRef("upload");
        this.importRef = useRef("import");
        this.display = { controlPanel: {} };
        this.state = useState({
            feeds: [],
            feedId: false,
            data: null,
            rules: [],
            saved: "[]",
            source: null, // header, rows and proposals of what is open
            sourceKey: "",
            results: {},
            problems: [],
            isChecked: false,
            open: {},
            note: "",
        });
        this.checkSoon = useDebounced(() => this.check(), CHECK_DELAY);
        useSetupAction({
            beforeLeave: () => this.confirmLoss(),
            beforeUnload: (ev) => {
                if (this.isDirty) {
                    ev.preventDefault();
                }
            },
        });
        onWillStart(async () => {
            this.state.feeds = await this.orm.call("sm.feed", "get_mapping_feeds", []);
            const { active_id } = this.props.action.context || {};
            const known = this.state.feeds.find((feed) => feed.id === active_id);
            const feed = known || this.state.feeds[0];
            if (feed) {
                await this.load(feed.id);
            }
        });
    }

    // what the rows ask

    get header() {
        return this.state.source ? this.state.source.header : null;
    }

    get converters() {
        return this.state.data.converters;
    }

    get converterList() {
        return Object.entries(this.converters).map(([name, { label }]) => ({ name, label }));
    }

    get ownerships() {
        return this.state.data.ownerships;
    }

    get fieldByName() {
        return Object.fromEntries(this.state.data.fields.map((field) => [field.name, field]));
    }

    get fed() {
        return new Set(this.state.rules.map((rule) => rule.target));
    }

    get groups() {
        const { fields } = this.state.data;
        const hasLines = fields.some((field) => field.level === "line");
        return [
            { level: "header", label: hasLines ? _t("Once per record") : _t("Fields") },
            { level: "line", label: _t("On each line") },
        ].map((group) => ({
            ...group,
            fields: fields.filter((field) => field.level === group.level),
        }));
    }

    textsOf(column) {
        const index = (this.header || []).findIndex(
            (name) => foldColumn(name) === foldColumn(column)
        );
        return index < 0 ? [] : this.state.source.rows.map((row) => row[index]);
    }

    /** Columns to choose from; one that this source lacks stays choosable while it is chosen. */
    columnsFor(source) {
        const header = this.header || [];
        const own = header.find((name) => foldColumn(name) === foldColumn(source));
        if (own === source || !source) {
            return header;
        }
        return own ? header.map((name) => (name === own ? source : name)) : [source, ...header];
    }

    // what the page shows

    get rows() {
        const { rules, data, problems } = this.state;
        return computeRows(rules, data.fields, this.header, problems);
    }

    get isDirty() {
        return Boolean(this.state.data) && JSON.stringify(this.state.rules) !== this.state.saved;
    }

    get canSave() {
        return this.isDirty && this.state.isChecked && !this.state.problems.length;
    }

    get unfed() {
        return this.state.data.fields.filter((field) => !this.fed.has(field.name));
    }

    get newColumns() {
        const drift = { ...this.state.data.drift, ...(this.state.source || {}).drift };
        const renamed = (drift.renamed || []).map((pair) => pair[1]);
        return new Set([...(drift.new || []), ...renamed].map(foldColumn));
    }

    isNew(row) {
        const columns = row.column ? [row.column] : row.rule ? sourcesOf(row.rule) : [];
        return columns.some((column) => this.newColumns.has(foldColumn(column)));
    }

    /** Proposals that the mapping does not follow yet, because nothing readable feeds the field. */
    get openProposals() {
        if (!this.state.source) {
            return [];
        }
        const places = new Set(this.header.map(foldColumn));
        const rules = Object.fromEntries(this.state.rules.map((rule) => [rule.target, rule]));
        const read = new Set(this.state.rules.flatMap(sourcesOf).map(foldColumn));
        return this.state.source.proposals.filter(({ target, column }) => {
            const rule = rules[target];
            const isFed =
                rule && (!rule.source || places.has(foldColumn(rule.source)));
            return !isFed && !read.has(foldColumn(column));
        });
    }

    get sureProposals() {
        return this.openProposals.filter((proposal) => proposal.is_sure);
    }

    get useSureLabel() {
        return _t("Use the %s columns that are recognised for certain", this.sureProposals.length);
    }

    get useAllLabel() {
        return _t("Use all %s proposals", this.openProposals.length);
    }

    get shownProblems() {
        return this.state.problems.slice(0, SHOWN_PROBLEMS);
    }

    get moreProblems() {
        const count = this.state.problems.length - SHOWN_PROBLEMS;
        return count > 0 ? _t("… and %s more", count) : "";
    }

    /** Fields whose column this source lacks, which the source can do without. */
    get droppable() {
        if (!this.state.source) {
            return [];
        }
        const proposed = new Set(this.openProposals.map((proposal) => proposal.target));
        return this.rows
            .filter(
                (row) =>
                    row.kind === "rule" &&
                    row.absent &&
                    !this.fieldByName[row.target].required &&
                    !proposed.has(row.target)
            )
            .map((row) => row.target);
    }

    get dropLabel() {
        return _t("Leave out the %s fields this source has no column for", this.droppable.length);
    }

    get samplesLabel() {
        const { rows, count } = this.state.source;
        return _t("%(shown)s of the first %(count)s rows are shown", { shown: rows.length, count });
    }

    proposalOf(row) {
        if (row.kind === "unmapped") {
            return this.openProposals.find(
                ({ column }) => foldColumn(column) === foldColumn(row.column)
            );
        }
        const proposals = row.kind === "rule" && !row.absent
            ? (this.state.source || { proposals: [] }).proposals
            : this.openProposals;
        return proposals.find(({ target }) => target === row.target);
    }

    problemOf(row) {
        return row.kind === "rule"
            ? this.state.problems.find(({ target }) => target === row.target)
            : undefined;
    }

    // loading

    async load(feedId) {
        const data = await this.orm.call("sm.feed", "get_mapping", [[feedId]]);
        this.state.feedId = feedId;
        this.env.config.setDisplayName(_t("Mapping: %s", data.feed.name));
        Object.assign(this.state, { source: null, sourceKey: "", open: {} });
        this.receive(data);
        if (data.sources.length && data.sources[0].kind !== "fetch") {
            await this.openSource(data.sources[0], "0");
        } else {
            await this.check();
        }
    }

    receive(data) {
        Object.assign(this.state, { data, rules: data.rules, note: "" });
        this.state.saved = JSON.stringify(data.rules);
    }

    async openSource(source, key) {
        try {
            this.state.source = await this.orm.call("sm.feed", "read_mapping_source", [
                [this.state.feedId],
                source,
            ]);
            this.state.sourceKey = key;
        } catch (error) {
            // the mapping can be edited without: say why, and show it
            const message = error.data ? error.data.message : String(error);
            this.notification.add(message, { type: "danger", sticky: true });
        }
        await this.check();
    }

    async check() {
        const { feedId, rules, source } = this.state;
        const { results, problems } = await this.keepLast.add(
            this.orm.silent.call("sm.feed", "check_mapping", [
                [feedId],
                rules,
                source && source.header,
                source ? source.rows : [],
            ])
        );
        Object.assign(this.state, { results, problems, isChecked: true });
    }

    changed() {
        this.state.isChecked = false;
        this.checkSoon();
    }

    // editing

    change(target, values) {
        Object.assign(
            this.state.rules.find((rule) => rule.target === target),
            values
        );
        this.changed();
    }

    changeTarget(row, target) {
        const { rules } = this.state;
        const index = rules.findIndex((rule) => rule.target === row.target);
        if (!target) {
            rules.splice(index, 1);
        } else if (row.kind === "unmapped") {
            rules.push(newRule(target, row.column));
        } else {
            const { source, more, separator, part, required } = row.rule;
            rules[index] = { ...newRule(target, source), more, separator, part, required };
        }
        this.changed();
    }

    setColumn(target, column) {
        if (!column) {
            return;
        }
        const rule = this.state.rules.find((item) => item.target === target);
        if (rule) {
            this.change(target, { source: column, more: [], part: 0 });
        } else {
            this.state.rules.push(newRule(target, column));
            this.changed();
        }
    }

    onAdd(ev) {
        const target = ev.target.value;
        ev.target.value = "";
        if (target) {
            this.state.rules.push(newRule(target, ""));
            this.state.open[target] = true;
            this.changed();
        }
    }

    use(proposal) {
        this.setColumn(proposal.target, proposal.column);
    }

    useSure() {
        this.sureProposals.forEach((proposal) => this.use(proposal));
    }

    useAll() {
        this.openProposals.forEach((proposal) => this.use(proposal));
    }

    dropAbsent() {
        const dropped = new Set(this.droppable);
        this.state.rules = this.state.rules.filter((rule) => !dropped.has(rule.target));
        this.changed();
    }

    toggle(row) {
        this.state.open[row.key] = !this.state.open[row.key];
    }

    showProblem({ target }) {
        const element = document.querySelector(`.o_sm_mapping_row[data-target="${target}"]`);
        if (element) {
            this.state.open[target] = true;
            element.scrollIntoView({ block: "center" });
            element.querySelector("select, button").focus();
        }
    }

    // versions, files

    async save() {
        const { feedId, rules, data, note } = this.state;
        const saved = await this.orm.call("sm.feed", "save_mapping", [
            [feedId],
            rules,
            this.header,
            data.version,
            note,
        ]);
        this.receive(saved);
        if (this.state.source) {
            this.state.source.drift = {};
        }
        this.notification.add(_t("Version %s of the mapping is saved.", saved.version), {
            type: "success",
        });
        await this.check();
    }

    discard() {
        this.state.rules = JSON.parse(this.state.saved);
        this.changed();
    }

    async compare(kind, value, title) {
        const { feedId, rules } = this.state;
        const candidate = await this.orm.call("sm.feed", "get_mapping_candidate", [
            [feedId],
            kind,
            value,
            rules,
        ]);
        this.dialog.add(MappingDiffDialog, {
            title,
            changes: candidate.changes,
            confirm: () => {
                Object.assign(this.state, { rules: candidate.rules, note: title });
                this.changed();
            },
        });
    }

    compareShipped(shipped) {
        return this.compare("shipped", shipped.name, shipped.label);
    }

    compareVersion(version) {
        return this.compare("version", version.number, _t("Version %s", version.number));
    }

    async exportJson() {
        const text = await this.orm.call("sm.feed", "export_mapping", [
            [this.state.feedId],
            this.state.rules,
        ]);
        const name = `mapping_${this.state.data.feed.entity}.json`;
        downloadFile(new Blob([text], { type: "application/json" }), name, "application/json");
    }

    async importJson(ev) {
        const [file] = ev.target.files;
        if (file) {
            const text = await file.text();
            ev.target.value = "";
            await this.compare("import", text, file.name);
        }
    }

    async uploadSource(ev) {
        const [file] = ev.target.files;
        if (!file) {
            return;
        }
        if (file.size > MAX_UPLOAD) {
            this.notification.add(_t("The file is too large: its first thousand rows are enough."), {
                type: "danger",
            });
            return;
        }
        const url = await getDataURLFromFile(file);
        ev.target.value = "";
        const content = url.split(",")[1] || "";
        await this.openSource({ kind: "upload", name: file.name, content }, "upload");
    }

    async chooseSource(ev) {
        const source = this.state.data.sources[ev.target.value];
        if (source) {
            await this.openSource(source, ev.target.value);
        }
    }

    async chooseFeed(ev) {
        const feedId = Number(ev.target.value);
        ev.target.value = this.state.feedId;
        if (await this.confirmLoss()) {
            await this.load(feedId);
        }
    }

    async dismissDrift() {
        await this.orm.call("sm.feed", "dismiss_drift", [[this.state.feedId]]);
        Object.assign(this.state.data, { drift: {}, drift_text: "" });
    }

    /** @returns {Promise<boolean>} whether unsaved changes may be lost */
    confirmLoss() {
        if (!this.isDirty) {
            return true;
        }
        return new Promise((resolve) => {
            this.dialog.add(ConfirmationDialog, {
                title: _t("Unsaved changes"),
                body: _t("The changes of this mapping are not saved. Leave them behind?"),
                confirmLabel: _t("Leave without saving"),
                confirm: () => resolve(true),
                cancel: () => resolve(false),
            });
        });
    }
}

registry.category("actions").add("sm_connector.mapping_editor", MappingEditor);
