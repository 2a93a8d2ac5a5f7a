package web

import (
	"fmt"
	"math"
	"strconv"
)

// color is sRGB with three channels from 0 to 255, as styles write it.
type color [3]uint8

func parseColor(s string) (color, bool) {
	if len(s) != 7 || s[0] != '#' {
		return color{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return color{}, false
	}
	return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// linear undoes the transfer function of sRGB (IEC 61966-2-1).
func (c color) linear() [3]float64 {
	var out [3]float64
	for i, v := range c {
		x := float64(v) / 255
		if x <= 0.04045 {
			out[i] = x / 12.92
		} else {
			out[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return out
}

func fromLinear(rgb [3]float64) color {
	var c color
	for i, x := range rgb {
		x = min(max(x, 0), 1)
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		c[i] = uint8(math.Round(x * 255))
	}
	return c
}

// contrast is the ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func (c color) luminance() float64 {
	l := c.linear()
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// oklch is a color by how it looks: lightness from 0 to 1, chroma from 0, hue
// in radians. Changing the lightness alone keeps it the same color to the eye
// (Björn Ottosson, "A perceptual color space for image processing", 2020).
type oklch struct{ l, c, h float64 }

func (c color) oklch() oklch {
	rgb := c.linear()
	l := math.Cbrt(0.4122214708*rgb[0] + 0.5363325363*rgb[1] + 0.0514459929*rgb[2])
	m := math.Cbrt(0.2119034982*rgb[0] + 0.6806995451*rgb[1] + 0.1073969566*rgb[2])
	s := math.Cbrt(0.0883024619*rgb[0] + 0.2817188376*rgb[1] + 0.6299787005*rgb[2])
	a := 1.9779984951*l - 2.4285922050*m + 0.4505937099*s
	b := 0.0259040371*l + 0.7827717662*m - 0.8086757660*s
	return oklch{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, math.Hypot(a, b), math.Atan2(b, a)}
}

// color is the nearest color that a screen can show, with less chroma where it
// must be.
func (o oklch) color() color {
	for ; o.c > 0.001; o.c *= 0.95 {
		if rgb := o.linear(); inGamut(rgb) {
			return fromLinear(rgb)
		}
	}
	o.c = 0
	return fromLinear(o.linear())
}

func (o oklch) linear() [3]float64 {
	a, b := o.c*math.Cos(o.h), o.c*math.Sin(o.h)
	l := cube(o.l + 0.3963377774*a + 0.2158037573*b)
	m := cube(o.l - 0.1055613458*a - 0.0638541728*b)
	s := cube(o.l - 0.0894841775*a - 1.2914855480*b)
	return [3]float64{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
}

func cube(x float64) float64 { return x * x * x }

func inGamut(rgb [3]float64) bool {
	const slack = 1e-4 // rounds to the same byte
	for _, x := range rgb {
		if x < -slack || x > 1+slack {
			return false
		}
	}
	return true
}
