import { Component, onWillStart, useState } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";
import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

import { age } from "../model/times";

/** Which ticket the others go into: one of those marked, or one that is looked for. */
export class MergeDialog extends Component {
    static template = "omnichannel_inbox.MergeDialog";
    static components = { Dialog };
    static props = { model: Object, ids: Array, close: Function };

    setup() {
        useAutofocus();
        this.keepLast = new KeepLast();
        const isMany = this.props.ids.length > 1;
        this.state = useState({
            text: "",
            found: isMany ? this.known : [],
            target: isMany ? this.oldest : false,
            isLoading: false,
            isBusy: false,
        });
        this.searchLater = useDebounced(() => this.search(), 300);
        onWillStart(() => {
            if (!isMany) {
                this.suggest();
            }
        });
    }

    get isMany() {
        return this.props.ids.length > 1;
    }

    get known() {
        return this.props.ids.map((id) => this.props.model.find(id)).filter(Boolean);
    }

    /** Where the story began. */
    get oldest() {
        return Math.min(...this.props.ids);
    }

    age(item) {
        return age(item.date, this.props.model.now);
    }

    who(item) {
        return item.customer || item.partner?.name || item.author;
    }

    /** The other tickets of the same customer, before anything is typed. */
    suggest() {
        const { model, ids } = this.props;
        const item = model.thread?.caseId === ids[0] ? model.thread.item : model.find(ids[0]);
        return item && this.look(this.who(item));
    }

    search() {
        const text = this.state.text.trim();
        return text.length < 2 ? this.suggest() : this.look(text);
    }

    async look(text) {
        const { model, ids } = this.props;
        this.state.isLoading = true;
        try {
            const { items } = await this.keepLast.add(
                model.call("get_inbox", ["all", false, text, 0, 10, "newest"])
            );
            this.state.found = items.filter(({ id }) => !ids.includes(id));
            if (!this.state.found.some(({ id }) => id === this.state.target)) {
                this.state.target = false;
            }
        } finally {
            this.state.isLoading = false;
        }
    }

    async merge() {
        const { model, ids } = this.props;
        const { target } = this.state;
        this.state.isBusy = true;
        try {
            await model.merge(
                target,
                ids.filter((id) => id !== target)
            );
            this.props.close();
        } finally {
            this.state.isBusy = false;
        }
    }
}
