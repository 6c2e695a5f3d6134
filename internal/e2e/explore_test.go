package e2e

import (
	"net/url"
	"testing"
)

// TestExplore asks what nobody thought of before, by the keyboard: names are
// completed, answers drawn, one series is held against another, and what is wrong
// is shown where it is wrong.
func TestExplore(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), "-config", writeFile(t, t.TempDir(), "plimsoll.yml", "flush: 2s\n"))
	send(t, s.udp, "evil:1|g|#tag:<img_src=x_onerror=alert(1)>")
	b := newBrowser(t)

	b.open(s.url + "/")
	b.sees("body[data-ready]")
	b.press("g")
	b.press("x")
	b.sees("[data-page=explore] textarea")
	s.wants(t, `up{job="node"}`, "1")
	b.click("textarea")
	b.write("sum by (mode) (rate(node_cpu_sec")
	b.sees(`[role=option][aria-selected=true][data-offer=node_cpu_seconds_total]`)
	b.press("Tab")
	b.misses("[role=listbox]")
	b.write(`{mode="sys`)
	b.sees(`[role=option][data-offer=system]`)
	b.press("Enter")
	b.wait(`document.querySelector("textarea").value === 'sum by (mode) (rate(node_cpu_seconds_total{mode="system"'`)
	b.write("}[1m]))")
	b.press("Enter")
	b.sees(`[data-chart=Explore][data-series="1"]`)
	b.wait(`new URLSearchParams(location.search).get("e").endsWith('{mode="system"}[1m]))')`)

	b.open(s.url + "/explore?" + url.Values{"e": {"evil"}, "view": {"table"}}.Encode())
	b.wait(`[...document.querySelectorAll(".answers td")].some((td) => td.textContent.includes("<img"))`)
	b.misses(".answers img")

	work := "vector(time() % 600)"
	b.open(s.url + "/explore?" + url.Values{"e": {work, "5 + 2 * " + work}, "view": {"scatter"}}.Encode())
	b.wait(`Number(document.querySelector(".scatter")?.dataset.r2) > 0.999`)
	b.eval(`(() => { const make = URL.createObjectURL; URL.createObjectURL = (file) => (file.text().then((t) => (window.saved = JSON.parse(t))), make.call(URL, file)); })()`, nil)
	b.click("[data-save=json]")
	b.wait(`Math.abs(window.saved?.fit.D - 2) < 1e-9 && Math.abs(window.saved.fit.U0 - 5) < 1e-6`)
	b.quiet()

	b.open(s.url + "/explore?" + url.Values{"e": {"rate(up[5m)", "up"}}.Encode())
	b.sees(`[data-query=A][data-fault="1:11"] .wrong`)
	b.sees(`[data-chart=Explore][data-series]`) // the other one is answered all the same
}
