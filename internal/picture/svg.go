package picture

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"math"
	"strconv"
)

// SVG draws c as text.
func (c Chart) SVG() ([]byte, error) {
	f, err := newFaces()
	if err != nil {
		return nil, err
	}
	c = c.normal()
	s := &svg{}
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" font-family="Go, system-ui, sans-serif"><title>`,
		c.Width, c.Height, c.Width, c.Height)
	s.escape(c.Title)
	s.WriteString("</title>\n")
	c.draw(s, f)
	s.WriteString("</svg>\n")
	return s.Bytes(), nil
}

// svg is a canvas that writes.
type svg struct{ bytes.Buffer }

func (s *svg) rect(at point, width, height float64, colour color.RGBA) {
	fmt.Fprintf(s, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n",
		tenths(at.x), tenths(at.y), tenths(width), tenths(height), hex(colour))
}

func (s *svg) line(points []point, width float64, colour color.RGBA) {
	fmt.Fprintf(s, `<polyline fill="none" stroke="%s" stroke-width="%s" stroke-linejoin="round" points="`, hex(colour), tenths(width))
	for i, p := range points {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(tenths(p.x) + "," + tenths(p.y))
	}
	s.WriteString("\"/>\n")
}

func (s *svg) dot(at point, radius float64, colour color.RGBA) {
	fmt.Fprintf(s, `<circle cx="%s" cy="%s" r="%s" fill="%s"/>`+"\n", tenths(at.x), tenths(at.y), tenths(radius), hex(colour))
}

func (s *svg) text(l label) {
	if l.text == "" {
		return
	}
	fmt.Fprintf(s, `<text x="%s" y="%s" font-size="%d" fill="%s"`, tenths(l.at.x), tenths(l.at.y), l.size, hex(l.colour))
	if l.anchor != begin {
		fmt.Fprintf(s, ` text-anchor="%s"`, map[anchor]string{middle: "middle", end: "end"}[l.anchor])
	}
	s.WriteByte('>')
	s.escape(l.text)
	s.WriteString("</text>\n")
}

func (s *svg) escape(text string) {
	_ = xml.EscapeText(s, []byte(oneLine(text))) // a buffer takes everything
}

// tenths writes a number of pixels to a tenth.
func tenths(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
