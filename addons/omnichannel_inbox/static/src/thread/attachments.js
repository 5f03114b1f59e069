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
/** Those a browser shows without running anything of them. */
const SHOWN = /^(image\/(png|jpe?g|gif|webp|bmp)|application\/pdf|text\/plain)$/;

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
        return Boolean(file.id) && SHOWN.test(file.mimetype || "");
    }

    isPicture(file) {
        return this.isShown(file) && file.mimetype.startsWith("image/") && Boolean(file.preview);
    }

    show(file) {
        const models = this.props.files
            .filter((one) => this.isShown(one))
            .map((one) => Object.assign(new FileModel(), one, { url: undefined }));
        this.viewer.open(
            models.find(({ id }) => id === file.id),
            models
        );
    }
}
