import { _t } from "@web/core/l10n/translation";
import { post } from "@web/core/network/http_service";

/**
 * Hand a file to the server, to be sent later.
 *
 * @param {number|false} caseId
 * @param {File} file
 * @returns {Promise<{ id, name, mimetype, size, url, preview }|{ error: string }>}
 */
export async function uploadFile(caseId, file) {
    try {
        return await post("/omni/attachment/upload", {
            csrf_token: odoo.csrf_token,
            case_id: caseId || "",
            ufile: file,
        });
    } catch (error) {
        if (error.message === "Content too large") {
            return { error: _t("The server does not take files as large as this.") };
        }
        return { error: _t("The file could not be sent to the server.") };
    }
}
