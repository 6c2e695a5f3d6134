package picture

import "image/color"

// theme is the colours of a picture: those of the pages (dashboard/web,
// style.css), whose series are told apart with any kind of colour vision.
type theme struct {
	paper, ink, muted, hair, grid, warning, critical color.RGBA
	series                                           []color.RGBA
}

func (c Chart) theme() theme {
	if c.Dark {
		return theme{
			paper: rgb(0x101316), ink: rgb(0xe7e6e1), muted: rgb(0x9aa1a8), hair: rgb(0x2c3238), grid: rgb(0x20262b),
			warning: rgb(0xf0b13c), critical: rgb(0xff7b72),
			series: []color.RGBA{
				rgb(0x56b4e9), rgb(0xe8762c), rgb(0xe69f00), rgb(0xf0e442), rgb(0x1fc198), rgb(0xcc79a7), rgb(0x4a90d9), rgb(0x9aa1a8),
			},
		}
	}
	return theme{
		paper: rgb(0xfbfaf7), ink: rgb(0x1b1d1f), muted: rgb(0x5c6166), hair: rgb(0xd5d4ce), grid: rgb(0xe6e5e0),
		warning: rgb(0x8a5300), critical: rgb(0xb3161b),
		series: []color.RGBA{
			rgb(0x0072b2), rgb(0xd55e00), rgb(0xb8860b), rgb(0x7a7500), rgb(0x009e73), rgb(0xb4558c), rgb(0x3a9bd8), rgb(0x6b6f75),
		},
	}
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{byte(v >> 16), byte(v >> 8), byte(v), 0xff}
}
