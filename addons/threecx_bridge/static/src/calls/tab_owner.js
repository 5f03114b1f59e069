import { browser } from "@web/core/browser/browser";

const CHANNEL = "threecx_bridge";
/** The helper page of `/threecx/pop` waits two seconds for an answer: be well within. */
const GRACE_MS = 700;

/**
 * Calls are shown in one tab: the one the user looked at last. Every tab follows what happens, so
 * that another one can take over without asking the server.
 *
 * The same channel tells the helper page of `/threecx/pop` that its call is shown.
 */
export class TabOwner {
    /** @param {{ isOwner: boolean }} state where it is written whether this tab is the one */
    constructor(state, { isKnown, onHidden, onDone }) {
        this.id = `${Date.now()}-${Math.random()}`;
        this.state = state;
        this.timers = new Map();
        this.channel = new browser.BroadcastChannel(CHANNEL);
        this.channel.addEventListener("message", ({ data }) => {
            switch (data?.type) {
                case "owner":
                    this.state.isOwner = data.tab === this.id;
                    break;
                case "ask":
                    // the helper page may have been slower than the bus
                    if (this.state.isOwner && isKnown(data.key)) {
                        this.tellShown(data.key);
                    }
                    break;
                case "shown":
                    this.forget(data.key);
                    break;
                case "hidden":
                    onHidden(data.key);
                    break;
                case "done":
                    onDone(data.key);
                    break;
            }
        });
        browser.addEventListener("focus", () => this.claim());
        document.addEventListener("visibilitychange", () => this.claimIfVisible());
        this.claimIfVisible();
    }

    claimIfVisible() {
        if (document.visibilityState === "visible") {
            this.claim();
        }
    }

    claim() {
        if (!this.state.isOwner) {
            this.state.isOwner = true;
            this.post({ type: "owner", tab: this.id });
        }
    }

    post(message) {
        this.channel.postMessage(message);
    }

    tellShown(key) {
        this.post({ type: "shown", key });
    }

    forget(key) {
        browser.clearTimeout(this.timers.get(key));
        this.timers.delete(key);
    }

    /** A call came: the owner says that it shows it; without an owner the first tab to notice does. */
    announce(key) {
        if (this.state.isOwner) {
            this.tellShown(key);
            return;
        }
        this.forget(key);
        const wait = GRACE_MS + Math.random() * 300;
        this.timers.set(
            key,
            browser.setTimeout(() => {
                this.timers.delete(key);
                this.claim();
                this.tellShown(key);
            }, wait)
        );
    }
}
