package picture

import "image/color"

// point is a place in the picture, in pixels from its upper left corner.
type point struct{ x, y float64 }

// anchor says which part of a text its place is.
type anchor int

const (
	begin anchor = iota
	middle
	end
)

// label is a text at a place, which is on its baseline.
type label struct {
	at     point
	text   string
	size   int
	anchor anchor
	colour color.RGBA
}

// left is where l begins.
func (l label) left(f faces) float64 {
	switch l.anchor {
	case middle:
		return l.at.x - f.width(l.text, l.size)/2
	case end:
		return l.at.x - f.width(l.text, l.size)
	}
	return l.at.x
}

// canvas is drawn on.
type canvas interface {
	rect(at point, width, height float64, colour color.RGBA)
	line(points []point, width float64, colour color.RGBA)
	dot(at point, radius float64, colour color.RGBA)
	text(l label)
}
