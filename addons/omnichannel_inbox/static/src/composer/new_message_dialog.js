import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { useService } from "@web/core/utils/hooks";

import { fileSize } from "../model/composer_model";
import { NewMessageModel } from "../model/new_message_model";
import { scheduleChoices } from "../model/times";
import { Attachments } from "../thread/attachments";
import { SnoozeMenu } from "../thread/snooze_menu";
import { SCHEDULE_DAYS } from "./composer";
import { PlainEditor } from "./plain_editor";
import { Recipients } from "./recipients";
import { RichEditor } from "./rich_editor";

/** We write first: to somebody, on a channel that allows it. What is begun is kept as a draft. */
export class NewMessageDialog extends Component {
    static template = "omnichannel_inbox.NewMessageDialog";
    static components = {
        Attachments,
        Dialog,
        PlainEditor,
        Recipients,
        RichEditor,
        SnoozeMenu,
    };
    static props = {
        model: Object,
        onSent: Function,
        to: { type: Array, optional: true },
        partnerId: { type: Number, optional: true },
        close: Function,
    };

    setup() {
        this.notification = useService("notification");
        this.editor = {};
        this.state = useState({ composer: null });
        this.scheduleChoices = scheduleChoices;
        this.scheduleDays = SCHEDULE_DAYS;
        onWillStart(async () => {
            const { model, to, partnerId } = this.props;
            const { call, upload } = model;
            const data = await call("get_compose");
            this.state.composer = new NewMessageModel({ call, upload, data, to, partnerId });
        });
        onWillDestroy(() => this.composer?.flush());
    }

    get composer() {
        return this.state.composer;
    }

    get placeholder() {
        return _t("Write your message…");
    }

    get totalSize() {
        return fileSize(this.composer.totalSize);
    }

    async attach(files) {
        const refusals = await this.composer.attach([...files]);
        refusals.forEach((refusal) => this.notification.add(refusal, { type: "warning" }));
    }

    onFileInput(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        return this.attach(files);
    }

    onKeydown(ev) {
        if ((ev.ctrlKey || ev.metaKey) && ev.key === "Enter") {
            ev.preventDefault();
            ev.stopPropagation();
            this.sendAt(false);
        }
    }

    /** @param {string|false} moment when it leaves; now without */
    sendAt(moment) {
        this.composer.sendAt = moment;
        return this.send();
    }

    async send(force = false) {
        const { composer } = this;
        if (composer.isSending) {
            return;
        }
        composer.error = composer.isUploading
            ? _t("Files are still on their way.")
            : composer.problem(this.props.model.now);
        if (composer.error) {
            return;
        }
        const result = await composer.send("wait", force);
        if (result.state === "queued") {
            this.props.close();
            this.props.onSent(result);
        }
    }

    async discard() {
        await this.composer.discard();
        this.props.close();
    }
}
