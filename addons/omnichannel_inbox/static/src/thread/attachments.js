import { Component } from "@odoo/owl";

import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";

import { fileSize } from "../model/composer_model";

const ICONS = [
    [/^image\//, "fa-file-image-o"],
    [/pdf/, "fa-file-pdf-o"],
    [/word|opendocument\.text/, "fa-file-word-o"],
    [/sheet|excel|csv/, "fa-file-excel-o"],
    [/presentation|powerpoint/, "fa-file-powerpoint-o"],
    [/zip|compressed|tar|rar/, "fa-file-archive-o"],
    [/^audio\//, "fa-file-audio-o"],
    [/^video\//, "fa-file-video-o"],
    [/rfc822|calendar/, "fa-envelope-o"],
];
/** A file of a message: it is only ever handed out by the route that runs nothing of it. */
class MessageFile extends FileModel {
    get urlRoute() {
        return `/omni/attachment/${this.id}`;
    }

    get urlQueryParams() {
        return this.isImage ? { preview: 1 } : {};
    }

    get downloadUrl() {
        return `/omni/attachment/${this.id}`;
    }
}

export function fileIcon(mimetype = "") {
    return ICONS.find(([type]) => type.test(mimetype))?.[1] || "fa-file-o";
}

/** The files of a message: what can be looked at opens here, everything can be downloaded. */
export class Attachments extends Component {
    static template = "omnichannel_inbox.Attachments";
    static props = {
        files: Array,
        onRemove: { type: Function, optional: true },
    };

    setup() {
        this.viewer = useFileViewer();
    }

    icon(file) {
        return fileIcon(file.mimetype);
    }

    size(file) {
        return file.size ? fileSize(file.size) : "";
    }

    isShown(file) {
        return Boolean(file.id && (file.preview || file.mimetype === "application/pdf"));
    }

    show(file) {
        const models = this.props.files
            .filter((one) => this.isShown(one))
            .map(({ id, name, mimetype }) =>
                Object.assign(new MessageFile(), { id, name, mimetype, type: "binary" })
            );
        this.viewer.open(
            models.find(({ id }) => id === file.id),
            models
        );
    }
}
