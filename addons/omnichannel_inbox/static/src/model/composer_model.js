import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { Mutex } from "@web/core/utils/concurrency";
import { formatFloat } from "@web/core/utils/numbers";
import { Reactive } from "@web/core/utils/reactive";

import { isAddress } from "./addresses";
import { errorText } from "./errors";
import {
    htmlToText,
    isHtmlBlank,
    mentionedPartners,
    missingVariables,
    speaksOfAttachment,
} from "./html_text";
import { replyWindow } from "./reply_window";

const SAVE_DELAY = 1500;
let nextFile = 1;

/** An answer or a note being written on one ticket: its text, its recipients, its files, its draft. */
export class ComposerModel extends Reactive {
    constructor({ call, upload, thread }) {
        super();
        this.call = call;
        this.upload = upload;
        this.thread = thread;
        this.mutex = new Mutex();
        /** Files, one after the other: two at once would both begin the draft they lie on. */
        this.uploads = new Mutex();
        this.timer = null;
        this.isOpen = false;
        /** @type {"reply"|"note"} */
        this.mode = "reply";
        this.conversationId = false;
        this.html = "";
        this.to = [];
        this.cc = [];
        this.bcc = [];
        this.subject = "";
        this.signature = true;
        this.attachments = [];
        /** When it is to leave; false: now. */
        this.sendAt = false;
        /** Ids of other conversations in which the same answer is enough. */
        this.alsoAnswered = [];
        /** What is an answer now was begun as a note. */
        this.wasNote = false;
        this.basis = "";
        /** Another text was put in from outside: the editor starts with it. */
        this.generation = 0;
        /** @type {"clean"|"dirty"|"saving"|"saved"|"failed"} */
        this.saveState = "clean";
        this.isSending = false;
        this.error = "";
        /** What was refused can be sent all the same, if one insists. */
        this.canForce = false;
        if (thread.draft) {
            this.restore(thread.draft);
        }
    }

    get conversation() {
        return this.thread.conversation(this.conversationId);
    }

    get capabilities() {
        return this.conversation?.capabilities || {};
    }

    get isNote() {
        return this.mode === "note";
    }

    get hasHtml() {
        return this.isNote || Boolean(this.capabilities.html);
    }

    get signatureHtml() {
        return this.conversation?.signature ?? this.thread.signature;
    }

    /** Nothing written: opening and closing it leaves no trace. */
    get isBlank() {
        return isHtmlBlank(this.html) && !this.attachments.length;
    }

    // -- opening -------------------------------------------------------------------------------

    /** @param {"reply"|"note"} mode */
    open(mode = "reply") {
        if (!this.conversationId || (!this.isOpen && this.isBlank)) {
            this.startOn(this.thread.defaultConversation);
        }
        if (!this.isOpen) {
            this.basis = this.thread.basis;
        }
        const wasNote = this.isOpen && this.isNote && !this.isBlank;
        this.isOpen = true;
        this.error = "";
        this.mode = mode === "reply" && !this.conversationId ? "note" : mode;
        this.wasNote = !this.isNote && (wasNote || (this.wasNote && !this.isBlank));
        this.changed(false);
    }

    /** Answer on another conversation of the ticket. */
    startOn(conversation) {
        this.conversationId = conversation?.id || false;
        this.alsoAnswered = this.alsoAnswered.filter((id) => id !== this.conversationId);
        this.to = [...(conversation?.to || [])];
        this.cc = [...(conversation?.cc || [])];
        this.bcc = [];
        this.subject = conversation?.reply_subject || "";
    }

    restore(draft) {
        this.mode = draft.kind || "reply";
        // of one that is not there yet: see `ThreadModel.starts`
        this.conversationId = draft.conversation_id || -draft.channel_id || false;
        this.html = draft.html || "";
        this.to = draft.to || [];
        this.cc = draft.cc || [];
        this.bcc = draft.bcc || [];
        this.subject = draft.subject || "";
        this.attachments = (draft.attachments || []).map((file) => ({
            ...file,
            key: `saved-${file.id}`,
            status: "done",
        }));
        this.basis = draft.basis || this.thread.basis;
        this.isOpen = true;
        this.generation++;
        this.saveState = "saved";
    }

    reset() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        this.isOpen = false;
        this.html = "";
        this.attachments = [];
        this.conversationId = false;
        this.sendAt = false;
        this.alsoAnswered = [];
        this.wasNote = false;
        this.error = "";
        this.saveState = "clean";
        this.generation++;
    }

    // -- draft ---------------------------------------------------------------------------------

    /** @param {boolean} save false where nothing worth keeping changed */
    changed(save = true) {
        if (!save) {
            return;
        }
        this.saveState = "dirty";
        this.error = "";
        this.canForce = false;
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.save(), SAVE_DELAY);
    }

    setHtml(html) {
        if (html !== this.html) {
            this.html = html;
            this.changed();
        }
    }

    set(values) {
        Object.assign(this, values);
        this.changed();
    }

    get values() {
        return {
            html: this.html,
            to: this.to,
            cc: this.cc,
            bcc: this.bcc,
            subject: this.subject,
            signature: this.signature,
            attachment_ids: this.attachments.filter(({ id }) => id).map(({ id }) => id),
        };
    }

    /** One at a time, the last word wins. */
    save() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        return this.mutex.exec(async () => {
            if (!["dirty", "failed"].includes(this.saveState)) {
                return;
            }
            this.saveState = "saving";
            const { caseId } = this.thread;
            try {
                if (this.isBlank) {
                    await this.call("discard_draft", [caseId]);
                } else {
                    await this.call("save_draft", this.draftArgs);
                }
                if (this.saveState === "saving") {
                    this.saveState = this.isBlank ? "clean" : "saved";
                }
            } catch {
                this.saveState = "failed";
            }
        });
    }

    /** Channel of the conversation that this answer begins; false where there is one already. */
    get startsOn() {
        return this.conversationId < 0 ? -this.conversationId : false;
    }

    get draftArgs() {
        const values = { ...this.values, kind: this.mode, basis: this.basis };
        const { caseId } = this.thread;
        return this.startsOn
            ? [caseId, false, { ...values, channel_id: this.startsOn }]
            : [caseId, this.conversationId, values];
    }

    /** Keep what is written now; closing an empty one just closes it. */
    flush() {
        if (this.isBlank && this.saveState === "clean") {
            this.isOpen = false;
            return Promise.resolve();
        }
        return this.save();
    }

    async discard() {
        const hadDraft = this.saveState !== "clean";
        this.reset();
        if (hadDraft) {
            await this.mutex.exec(() => this.call("discard_draft", [this.thread.caseId]));
        }
    }

    // -- files ---------------------------------------------------------------------------------

    get totalSize() {
        return this.attachments.reduce((sum, { size }) => sum + (size || 0), 0);
    }

    /** Why the channel would not take a file, before it is sent anywhere; "" when it would. */
    refusal(file) {
        const { attachment_limit, attachment_types, total_limit } = this.capabilities;
        if (this.isNote) {
            return "";
        }
        if (!attachment_limit) {
            return _t("This channel takes no files.");
        }
        if (file.size > attachment_limit) {
            return _t("%(name)s is too large: this channel takes files up to %(limit)s.", {
                name: file.name,
                limit: fileSize(attachment_limit),
            });
        }
        if (total_limit && this.totalSize + file.size > total_limit) {
            return _t("With %(name)s the message is too large: at most %(limit)s in all.", {
                name: file.name,
                limit: fileSize(total_limit),
            });
        }
        return this.takesType(file)
            ? ""
            : _t("This channel does not take files like %s.", file.name);
    }

    takesType(file) {
        const { attachment_types: types } = this.capabilities;
        const type = file.type || file.mimetype || "";
        return !types?.length || types.some((one) => type.startsWith(one));
    }

    /** What a file may be, as the window to choose it takes it. */
    get accept() {
        const types = this.isNote ? [] : this.capabilities.attachment_types || [];
        return types.map((one) => (one.endsWith("/") ? `${one}*` : one)).join(",");
    }

    /** @returns {Promise<string[]>} why some were not taken */
    async attach(files) {
        const refusals = [];
        const uploads = [];
        for (const file of files) {
            const refusal = this.refusal(file);
            if (refusal) {
                refusals.push(refusal);
                continue;
            }
            const key = `file-${nextFile++}`;
            this.attachments.push({
                key,
                id: false,
                name: file.name,
                size: file.size,
                mimetype: file.type,
                status: "uploading",
            });
            uploads.push(this.uploadOne(key, file));
        }
        await Promise.all(uploads);
        return refusals;
    }

    async uploadOne(key, file) {
        const find = () => this.attachments.find((one) => one.key === key);
        try {
            const data = await this.uploads.exec(async () => {
                await this.mutex.getUnlockedDef();
                return this.upload(this.thread.caseId, file);
            });
            if (data.error) {
                throw new Error(data.error);
            }
            const known = find();
            if (known) {
                Object.assign(known, data, { status: "done" });
                this.changed();
            }
        } catch (error) {
            const known = find();
            if (known) {
                known.status = "failed";
                known.error = error.message || _t("The file could not be sent to the server.");
            }
        }
    }

    async detach(key) {
        const file = this.attachments.find((one) => one.key === key);
        this.attachments = this.attachments.filter((one) => one.key !== key);
        this.changed();
        if (file?.id) {
            await this.call("remove_attachment", [file.id]);
        }
    }

    // -- limits --------------------------------------------------------------------------------

    get length() {
        return htmlToText(this.html).length;
    }

    /** Characters of a whole text, 0 where the channel counts none. */
    get lengthLimit() {
        const { text_limit, parts_limit } = this.capabilities;
        return this.isNote ? 0 : (text_limit || 0) * (parts_limit || 1);
    }

    /** Characters left, false where the channel counts none. */
    get charactersLeft() {
        return this.lengthLimit ? this.lengthLimit - this.length : false;
    }

    /** Messages the text is sent in; 1 where it fits into one. */
    get parts() {
        const { text_limit, parts_limit } = this.capabilities;
        const several = !this.isNote && text_limit && parts_limit > 1;
        return several ? Math.max(Math.ceil(this.length / text_limit), 1) : 1;
    }

    /** What is left of the time to answer on this channel. */
    window(now) {
        return this.isNote ? null : replyWindow(this.conversation?.window, now);
    }

    /** Why nothing can be sent in this conversation, whatever is written; "" when it can. */
    blocked(now) {
        if (this.isNote || !this.conversation) {
            return "";
        }
        if (this.conversation.blocked) {
            return this.conversation.blocked;
        }
        if (this.window(now)?.kind === "closed") {
            return _t("The time to answer on this channel is over: answer on another one.");
        }
        return this.capabilities.can_send ? "" : _t("This channel cannot send at the moment.");
    }

    /** Where it can be sent instead: a conversation of the thread, or one that it begins. */
    get nextConversation() {
        const next = this.conversation?.next_channel;
        if (next) {
            return this.thread.conversation(next.conversation_id || -next.channel_id);
        }
        return this.thread.answerable?.find(({ id }) => id !== this.conversationId);
    }

    /** Other conversations in which the customer waits. */
    get waiting() {
        return this.isNote ? [] : this.thread.waitingBeside?.(this.conversationId) || [];
    }

    toggleAnswered(id) {
        this.alsoAnswered = this.alsoAnswered.includes(id)
            ? this.alsoAnswered.filter((one) => one !== id)
            : [...this.alsoAnswered, id];
    }

    /** Why it cannot be sent as it is; "" when it can. */
    problem(now) {
        if (this.isBlank) {
            return this.isNote ? _t("The note is empty.") : _t("The answer is empty.");
        }
        if (this.attachments.some(({ status }) => status === "failed")) {
            return _t("A file could not be uploaded: remove it or add it again.");
        }
        if (this.isNote) {
            return "";
        }
        const blocked = this.blocked(now);
        if (blocked) {
            return blocked;
        }
        if (this.charactersLeft !== false && this.charactersLeft < 0) {
            return _t(
                "The text is too long for this channel by %s characters.",
                -this.charactersLeft
            );
        }
        // the channel may have been changed since the files were added
        const { attachment_limit, total_limit } = this.capabilities;
        const unfit = this.attachments.find(
            (file) => file.size > (attachment_limit || 0) || !this.takesType(file)
        );
        if (unfit) {
            return _t("This channel does not take the file %s.", unfit.name);
        }
        if (total_limit && this.totalSize > total_limit) {
            return _t(
                "The files are too large for this channel: at most %s in all.",
                fileSize(total_limit)
            );
        }
        return this.recipientProblem;
    }

    get recipientProblem() {
        if (!this.capabilities.cc) {
            return "";
        }
        const all = [...this.to, ...this.cc, ...this.bcc];
        if (!this.to.length) {
            return _t("Nobody to send it to: add a recipient.");
        }
        const wrong = all.find(({ email }) => !isAddress(email));
        return wrong ? _t("“%s” is not an e-mail address.", wrong.email) : "";
    }

    /** What a careful colleague would ask before it leaves. */
    get doubts() {
        if (this.isNote) {
            return [];
        }
        const doubts = [];
        if (this.wasNote) {
            doubts.push(_t("You began this as a note for colleagues: the customer will read it."));
        }
        const missing = missingVariables(this.html);
        if (missing.length) {
            doubts.push(_t("Not filled in: %s", missing.join(", ")));
        }
        if (!this.attachments.length && speaksOfAttachment(this.html)) {
            doubts.push(_t("The text speaks of an attachment, and there is none."));
        }
        return doubts;
    }

    get isUploading() {
        return this.attachments.some(({ status }) => status === "uploading");
    }

    // -- sending -------------------------------------------------------------------------------

    /**
     * @param {"wait"|"close"|"open"} then what becomes of the ticket
     * @param {boolean} force although something changed since the answer was begun
     * @returns {Promise<{ state: "queued"|"changed"|"refused", changes?: Object[] }>}
     */
    async send(then, force = false) {
        this.isSending = true;
        this.error = "";
        browser.clearTimeout(this.timer);
        try {
            // after a draft that is just being saved, so that it does not come back afterwards
            const result = await this.mutex.exec(() => this.callSend(then, force));
            if (result.state === "queued") {
                this.reset();
            } else if (result.state === "changed") {
                this.basis = result.basis;
                this.changed();
            } else {
                this.refuse(result.message, result.can_force);
            }
            return result;
        } catch (error) {
            this.refuse(errorText(error));
            return { state: "refused", message: this.error };
        } finally {
            this.isSending = false;
        }
    }

    callSend(then, force) {
        const waiting = this.waiting.map(({ id }) => id);
        const values = {
            ...this.values,
            send_at: this.sendAt,
            also_answered: this.alsoAnswered.filter((id) => waiting.includes(id)),
        };
        const rest = [values, this.basis, force, then];
        const { caseId } = this.thread;
        return this.startsOn
            ? this.call("start_reply", [caseId, this.startsOn, ...rest])
            : this.call("send", [caseId, this.conversationId, ...rest]);
    }

    /** Nothing is lost: what was not sent stays a draft. */
    refuse(message, canForce = false) {
        this.changed();
        this.error = message;
        this.canForce = Boolean(canForce);
    }

    async addNote() {
        this.isSending = true;
        browser.clearTimeout(this.timer);
        try {
            const { html, attachment_ids } = this.values;
            const args = [this.thread.caseId, html, mentionedPartners(html), attachment_ids];
            await this.mutex.exec(() => this.call("add_note", args));
            this.reset();
            return true;
        } catch (error) {
            this.refuse(errorText(error));
            return false;
        } finally {
            this.isSending = false;
        }
    }
}

/** Bytes for a person. */
export function fileSize(bytes) {
    const kilobytes = bytes / 1024;
    if (kilobytes < 1000) {
        return _t("%s kB", Math.ceil(kilobytes));
    }
    const megabytes = kilobytes / 1024;
    return _t("%s MB", formatFloat(megabytes, { digits: [0, megabytes % 1 < 0.05 ? 0 : 1] }));
}
