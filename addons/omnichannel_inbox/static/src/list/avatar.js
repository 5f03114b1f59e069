import { Component } from "@odoo/owl";

const COLORS = 8;

/** Letters of somebody without a picture: two of the words of his name. */
export function initials(name) {
    const words = name
        .replace(/[^\p{L}\p{N}@ ]/gu, " ")
        .split(/[\s@]+/)
        .filter(Boolean);
    const [first, ...rest] = words;
    return ((first?.[0] || "?") + (rest.at(-1)?.[0] || "")).toUpperCase();
}

/** The same name, the same colour. */
export function colorIndex(name) {
    let hash = 0;
    for (const char of name) {
        hash = (hash * 31 + char.codePointAt(0)) % 9973;
    }
    return hash % COLORS;
}

/** A picture of a contact or a user; letters for those Odoo does not know. */
export class Avatar extends Component {
    static template = "omnichannel_inbox.Avatar";
    static props = {
        name: String,
        partnerId: { type: Number, optional: true },
        userId: { type: Number, optional: true },
        small: { type: Boolean, optional: true },
    };

    get source() {
        const { partnerId, userId } = this.props;
        if (userId) {
            return `/web/image/res.users/${userId}/avatar_128`;
        }
        return partnerId ? `/web/image/res.partner/${partnerId}/avatar_128` : "";
    }

    get initials() {
        return initials(this.props.name);
    }

    get color() {
        return colorIndex(this.props.name);
    }
}
