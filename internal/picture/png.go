package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// PNG draws c as pixels.
func (c Chart) PNG() ([]byte, error) {
	f, err := newFaces()
	if err != nil {
		return nil, err
	}
	c = c.normal()
	bounds := image.Rect(0, 0, c.Width, c.Height)
	r := &raster{image: image.NewRGBA(bounds), shape: vector.NewRasterizer(c.Width, c.Height), faces: f}
	c.draw(r, f)
	var b bytes.Buffer
	if err := png.Encode(&b, r.image); err != nil {
		return nil, fmt.Errorf("encode PNG: %w", err)
	}
	return b.Bytes(), nil
}

// raster is a canvas of pixels.
type raster struct {
	image *image.RGBA
	shape *vector.Rasterizer
	faces faces
}

func (r *raster) rect(at point, width, height float64, colour color.RGBA) {
	x, y := int(math.Round(at.x)), int(math.Round(at.y))
	to := image.Pt(int(math.Round(at.x+width)), int(math.Round(at.y+height)))
	draw.Draw(r.image, image.Rectangle{image.Pt(x, y), to}, image.NewUniform(colour), image.Point{}, draw.Src)
}

// line fills a box along each piece and a disc at each corner: what they cover
// together is the line, as all of them go round the same way.
func (r *raster) line(points []point, width float64, colour color.RGBA) {
	r.shape.Reset(r.image.Rect.Dx(), r.image.Rect.Dy())
	for i, p := range points {
		r.disc(p, width/2)
		if i == 0 {
			continue
		}
		from := points[i-1]
		dx, dy := p.x-from.x, p.y-from.y
		length := math.Hypot(dx, dy)
		if length == 0 {
			continue
		}
		nx, ny := -dy/length*width/2, dx/length*width/2
		r.polygon(point{from.x + nx, from.y + ny}, point{p.x + nx, p.y + ny}, point{p.x - nx, p.y - ny}, point{from.x - nx, from.y - ny})
	}
	r.fill(colour)
}

func (r *raster) dot(at point, radius float64, colour color.RGBA) {
	r.shape.Reset(r.image.Rect.Dx(), r.image.Rect.Dy())
	r.disc(at, radius)
	r.fill(colour)
}

// disc adds a polygon that is nearly a circle.
func (r *raster) disc(at point, radius float64) {
	const corners = 8
	var around [corners]point
	for i := range around {
		sin, cos := math.Sincos(-2 * math.Pi * float64(i) / corners)
		around[i] = point{at.x + radius*cos, at.y + radius*sin}
	}
	r.polygon(around[:]...)
}

func (r *raster) polygon(corners ...point) {
	for i, p := range corners {
		if i == 0 {
			r.shape.MoveTo(float32(p.x), float32(p.y))
			continue
		}
		r.shape.LineTo(float32(p.x), float32(p.y))
	}
	r.shape.ClosePath()
}

func (r *raster) fill(colour color.RGBA) {
	r.shape.Draw(r.image, r.image.Rect, image.NewUniform(colour), image.Point{})
}

func (r *raster) text(l label) {
	d := font.Drawer{Dst: r.image, Src: image.NewUniform(l.colour), Face: r.faces[l.size]}
	d.Dot = fixed.Point26_6{X: fixed.Int26_6(l.left(r.faces) * 64), Y: fixed.Int26_6(l.at.y * 64)}
	d.DrawString(l.text)
}
