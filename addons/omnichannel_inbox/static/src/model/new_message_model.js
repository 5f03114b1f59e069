import { _t } from "@web/core/l10n/translation";

import { ComposerModel } from "./composer_model";

/**
 * A message that we write first. To the composer it is an answer on a ticket that is not there
 * yet, with a conversation per channel on which one may begin.
 */
export class NewMessageModel extends ComposerModel {
    /** @param {{ channels: Object[], draft: Object|false }} data of `get_compose` */
    constructor({ call, upload, data, to = [], partnerId = false }) {
        const conversations = data.channels.map((channel) => ({
            id: channel.id,
            channel,
            capabilities: channel.capabilities,
            signature: channel.signature,
            to: [],
            cc: [],
            reply_subject: "",
        }));
        const thread = {
            caseId: false,
            conversations,
            conversation: (id) => conversations.find((one) => one.id === id),
            defaultConversation: conversations[0],
            draft: data.draft && {
                ...data.draft,
                kind: "reply",
                conversation_id: data.draft.channel_id || conversations[0]?.id,
            },
            basis: false,
            signature: "",
        };
        super({ call, upload, thread });
        this.partnerId = partnerId;
        this.chosen = null;
        if (!this.isOpen) {
            this.open();
            this.to = to;
        }
    }

    /** The channel can be changed without losing who it is for. */
    setChannel(channelId) {
        this.set({ conversationId: Number(channelId) });
    }

    /** Whoever is chosen among the contacts need not be found by his address. */
    choose(partner) {
        this.chosen = partner;
    }

    /** The contact it is for: the first it goes to, when he was chosen. */
    get partner() {
        const isFirst = this.chosen && this.to[0]?.email === this.chosen.email;
        return isFirst ? this.chosen.id : this.partnerId;
    }

    get draftArgs() {
        return [false, false, { ...this.values, kind: "reply", channel_id: this.conversationId }];
    }

    problem(now) {
        const { subject } = this.capabilities;
        return (
            super.problem(now) || (subject && !this.subject.trim() ? _t("It has no subject.") : "")
        );
    }

    callSend(_then, force) {
        const values = { ...this.values, send_at: this.sendAt, partner_id: this.partner };
        return this.call("start", [this.conversationId, values, force]);
    }
}
