import {
    Component,
    onMounted,
    onWillUnmount,
    onWillUpdateProps,
    useRef,
    useState,
} from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";

/** How far outside of the screen a frame is made, and given back, in heights of the screen. */
const NEAR = "100%";
const FAR = "400%";
const MIN_HEIGHT = 24;
/** Nothing of a mail may be higher: a page that grows with its frame would never end. */
const MAX_HEIGHT = 20000;

/** Where pictures of the mail itself lie on our server; nothing else of it may be asked for. */
const OWN_PATHS = ["/web/image/", "/web/content/", "/omni/attachment/"];

const STYLE = `
    html { overflow-x: auto; overflow-y: hidden; }
    body { margin: 0; padding: 1px 0; overflow: hidden; overflow-wrap: anywhere; color: #1f2933;
        background: #fff; font: 14px/1.5 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
    img { max-width: 100%; height: auto; }
    table { max-width: 100%; }
    pre { white-space: pre-wrap; }
    blockquote { margin: 0 0 0 .5em; padding-left: .75em; border-left: 3px solid #d8dadd; color: #5f6368; }
    a { color: #0d6efd; }
    p:first-child { margin-top: 0; } p:last-child { margin-bottom: 0; }
`;

/**
 * The document of a mail. Whatever it holds: no script, no form, no style sheet or picture of
 * elsewhere unless asked for. The sandbox and this policy stand for themselves: neither needs the
 * other, nor what the server has cleaned.
 */
export function frameDocument(
    html,
    { allowRemote = false, origin = browser.location.origin } = {}
) {
    const images = OWN_PATHS.map((path) => origin + path);
    images.push("data:", ...(allowRemote ? ["https:", "http:"] : []));
    const policy = [
        "default-src 'none'",
        `img-src ${images.join(" ")}`,
        "style-src 'unsafe-inline'",
        "form-action 'none'",
        "base-uri 'none'",
    ].join("; ");
    return `<!DOCTYPE html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><style>${STYLE}</style></head><body>${html}</body></html>`;
}

/**
 * What somebody outside wrote, in a frame of its own, made only when it comes near the screen and
 * as high as its content.
 *
 * The sandbox has `allow-same-origin`, so that we can measure it and follow keys; without
 * `allow-scripts` nothing inside can make use of that.
 */
export class MailFrame extends Component {
    static template = "omnichannel_inbox.MailFrame";
    static props = {
        html: String,
        allowRemote: { type: Boolean, optional: true },
        title: { type: String, optional: true },
        onKeydown: { type: Function, optional: true },
    };

    setup() {
        this.root = useRef("root");
        this.frame = useRef("frame");
        this.state = useState({ isNear: false, height: 0 });
        this.document = frameDocument(this.props.html, this.props);
        onWillUpdateProps((next) => {
            if (next.html !== this.props.html || next.allowRemote !== this.props.allowRemote) {
                this.document = frameDocument(next.html, next);
            }
        });
        onMounted(() => this.watch());
        onWillUnmount(() => {
            this.near?.disconnect();
            this.far?.disconnect();
            this.size?.disconnect();
        });
    }

    get label() {
        return this.props.title || _t("Text of the message");
    }

    get height() {
        return this.state.height || 4 * MIN_HEIGHT;
    }

    watch() {
        const root = this.root.el.closest(".o_omni_scroll");
        const make = (margin, isNear) =>
            new IntersectionObserver(
                (entries) => {
                    if (entries.at(-1).isIntersecting === isNear) {
                        this.state.isNear = isNear;
                    }
                },
                { root, rootMargin: `${margin} 0px` }
            );
        this.near = make(NEAR, true);
        this.far = make(FAR, false);
        this.near.observe(this.root.el);
        this.far.observe(this.root.el);
    }

    onLoad() {
        const content = this.frame.el?.contentDocument;
        if (!content?.body) {
            return;
        }
        for (const link of content.querySelectorAll("a[href], area[href]")) {
            link.target = "_blank";
            link.rel = "noopener noreferrer";
        }
        content.addEventListener("keydown", (ev) => this.props.onKeydown?.(ev));
        this.size?.disconnect();
        this.size = new ResizeObserver(() => this.measure());
        this.size.observe(content.body);
        this.measure();
    }

    measure() {
        const content = this.frame.el?.contentDocument;
        if (!content?.body) {
            return;
        }
        // a wide table brings a scroll bar of its own
        const root = content.documentElement;
        const bar = root.scrollWidth > root.clientWidth ? 16 : 0;
        const height = Math.ceil(content.body.scrollHeight) + bar;
        this.state.height = Math.min(Math.max(height, MIN_HEIGHT), MAX_HEIGHT);
    }
}
