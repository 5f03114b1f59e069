import { Component, useState } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useDropdownCloser, useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { useAutofocus } from "@web/core/utils/hooks";
import { normalize } from "@web/core/l10n/utils/normalize";

import { Avatar } from "../list/avatar";

class AssignPanel extends Component {
    static template = "omnichannel_inbox.AssignPanel";
    static components = { Avatar, DropdownItem };
    static props = { model: Object, ids: Array };

    setup() {
        useAutofocus();
        this.dropdown = useDropdownCloser();
        this.state = useState({ text: "" });
    }

    get users() {
        const { users, me } = this.props.model;
        const others = users.filter(({ id }) => id !== me.id);
        return this.matching([me, ...others]);
    }

    get teams() {
        return this.matching(this.props.model.teams);
    }

    matching(records) {
        const text = normalize(this.state.text.trim());
        return text ? records.filter(({ name }) => normalize(name).includes(text)) : records;
    }

    /** Enter takes the first of those who are found, unless the arrows went to another one. */
    onKeydown(ev) {
        const [user] = this.users;
        const isElsewhere = ev.target.closest(".o_omni_assign_menu")?.querySelector(".focus");
        if (ev.key !== "Enter" || !this.state.text.trim() || isElsewhere || !user) {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
        this.dropdown.close();
        this.assign(user.id, false);
    }

    assign(userId, teamId) {
        return this.props.model.assign(this.props.ids, userId, teamId);
    }
}

/** Who takes it: me, a colleague, a team, or nobody. The slot is what opens it. */
export class AssignMenu extends Component {
    static template = "omnichannel_inbox.AssignMenu";
    static components = { AssignPanel, Dropdown };
    static props = {
        model: Object,
        ids: Array,
        state: { type: Object, optional: true },
        slots: Object,
    };

    setup() {
        this.dropdown = this.props.state || useDropdownState();
    }
}
