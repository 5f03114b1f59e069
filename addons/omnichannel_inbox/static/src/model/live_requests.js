import { browser } from "@web/core/browser/browser";

/**
 * Gathers what the bus says and hands it over at once, a little later: a morning's delivery of
 * mail is one request, not two hundred.
 */
export class Coalescer {
    /**
     * @param {(ids: number[]) => Promise} flush never called while its last call is going on
     * @param {number} delay milliseconds
     */
    constructor(flush, delay) {
        this.flush = flush;
        this.delay = delay;
        this.ids = new Set();
        this.timer = null;
        this.isBusy = false;
    }

    add(ids) {
        ids.forEach((id) => this.ids.add(id));
        this.plan();
    }

    plan() {
        if (this.ids.size && !this.timer && !this.isBusy) {
            this.timer = browser.setTimeout(() => this.run(), this.delay);
        }
    }

    async run() {
        this.timer = null;
        const ids = [...this.ids];
        this.ids.clear();
        this.isBusy = true;
        try {
            await this.flush(ids);
        } finally {
            this.isBusy = false;
            this.plan();
        }
    }

    stop() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        this.ids.clear();
    }
}

/**
 * Tells the answer to the newest of several requests from those that come too late. Whoever awaits
 * one of those goes on all the same, other than with `KeepLast`, which never lets him: he may be
 * the one who listens to the bus.
 */
export class Newest {
    constructor() {
        this.number = 0;
    }

    /** @returns {() => boolean} whether nothing was asked for since */
    begin() {
        const number = ++this.number;
        return () => number === this.number;
    }
}
