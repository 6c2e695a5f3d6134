// The configuration in force, section by section.
import { sections } from "../../lib/admin/yaml.js";
import { html } from "../../lib/preact.js";

/** @param {{yaml: string}} props */
export function Running({ yaml }) {
  return html`<section id="config"><h2>Configuration in force</h2>
    <p class="muted">As it is read, with what is by default. <code>(withheld)</code> stands for what is secret, or may be.</p>
    ${sections(yaml).map(([key, text]) => html`<details key=${key} data-section=${key} open=${key === ""}>
      <summary>${key || "in general"}</summary><pre class="yaml" tabindex="0">${text}</pre></details>`)}
  </section>`;
}
