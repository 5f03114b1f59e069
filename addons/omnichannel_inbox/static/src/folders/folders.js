import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

export const FOLDER_ICONS = {
    mine: "fa-user-o",
    unassigned: "fa-inbox",
    team: "fa-users",
    waiting: "fa-hourglass-half",
    snoozed: "fa-moon-o",
    scheduled: "fa-clock-o",
    done: "fa-check-circle-o",
    spam: "fa-ban",
    all: "fa-archive",
};

/** What is mine, what is nobody's, and so on; and the channels, to look at one of them only. */
export class Folders extends Component {
    static template = "omnichannel_inbox.Folders";
    static props = {
        model: Object,
        onShow: Function,
        onCompose: Function,
    };

    icon(folder) {
        return FOLDER_ICONS[folder.key] || "fa-folder-o";
    }

    /** Of what is closed nobody wants to know how much there is. */
    count(folder) {
        return folder.count > 999 ? _t("999+") : folder.count || "";
    }

    isActive(folder) {
        return folder.key === this.props.model.folder;
    }

    toggleChannel(channel) {
        const { model } = this.props;
        this.props.onShow({ channelId: model.channelId === channel.id ? false : channel.id });
    }
}
