// The one door to the view library: pages import from here, not from vendor.
import { Fragment, h, render } from "../vendor/preact.mjs";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.mjs";
import htm from "../vendor/htm.mjs";

/** Templates: html`<p>${text}</p>`. Text is never read as markup. */
export const html = htm.bind(h);

export { Fragment, h, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState };
