// What the editor can do beside writing. A feature has install(body), called when the
// text is there, and may have extensions(body) for TipTap, asked before it is. Checks and
// the preview need no TipTap: they are static/admin_skin/before.js.
import * as links from "./links.js";
import * as pasting from "./pasting.js";
import * as presence from "./presence.js";
import * as remarks from "./remarks.js";
import * as saving from "./saving.js";
import * as uploads from "./uploads.js";

export const features = [saving, presence, remarks, pasting, uploads, links];
