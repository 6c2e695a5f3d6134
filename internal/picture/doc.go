// Package picture draws a chart of series as an SVG or a PNG, for mails and
// wikis, where no page can run.
//
//	┌ title                                21 Nov 2026 14:00 – 20:00 UTC ┐
//	│ 20 ms│           ╱╲                                                │
//	│      │╌╌╌╌╌╌╌╌╌╌╱╌╌╲╌╌╌╌╌╌ a threshold                             │
//	│ 10 ms│─────────╱    ╲        ╲── a gap is a gap                    │
//	│     0└─────────────────────────────────                            │
//	│        14:00      16:00      18:00                                 │
//	│ ■ web1 12 ms   ■ web2 9 ms                          the legend     │
//	└ 3 of 23 series are left out                         the note       ┘
//
// A chart is laid out once, on a canvas, of which there are two: one writes SVG
// as text, one rasterises with golang.org/x/image. Both measure text in the Go
// font, which the PNG is set in; an SVG names it first, and any other sans-serif
// is about as wide.
//
// Invariants:
//
//   - The same chart gives the same bytes.
//   - All that is drawn lies inside Width × Height, and each number in an SVG is
//     finite, whatever the values and names are.
//   - No line joins points that lie further apart than a step and a half, nor
//     goes through what is not a number.
//   - Names and titles are text: an SVG holds no markup of theirs, no script and
//     no reference to elsewhere.
package picture
