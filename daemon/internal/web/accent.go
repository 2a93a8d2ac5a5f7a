package web

import "fmt"

// DefaultColor is the accent of a help center that declares none.
const DefaultColor = "#0a7a5c"

// Contrasts that WCAG 2.2 asks for at level AA: of text (1.4.3), and of what has
// to be seen to be used (1.4.11).
const (
	textContrast  = 4.5
	shapeContrast = 3
)

// theme is the colours of base.css that the accent is seen with; a test holds
// the two together.
type theme struct {
	surface, ground color
	soft, line      float64 // lightness of the tint behind own messages, and of its edge
	step            float64 // towards more contrast
}

var (
	lightTheme = theme{surface: color{0xff, 0xff, 0xff}, ground: color{0xf7, 0xf6, 0xf3}, soft: 0.965, line: 0.885, step: -0.01}
	darkTheme  = theme{surface: color{0x21, 0x1f, 0x1c}, ground: color{0x18, 0x17, 0x15}, soft: 0.285, line: 0.40, step: 0.01}
)

// accent is a help center's colour, made fit for one theme.
type accent struct {
	fill  color // of buttons: the colour as it was declared
	edge  color // of what is filled: tells a pale button from a pale page
	hover color
	on    color // text on fill and hover
	text  color // links and words on surface, ground and soft
	soft  color // tint that all texts can stand on
	line  color
}

// Chroma of the tints: enough to be the help center's, too little to shout.
const (
	softChroma = 0.018
	lineChroma = 0.04
)

// accent keeps the hue of the declared colour and moves the lightness of what
// has to be seen or read on a page until it can be.
func (t theme) accent(declared color) accent {
	look := declared.oklch()
	tint := func(lightness, chroma float64) color { return oklch{lightness, min(look.c, chroma), look.h}.color() }
	a := accent{soft: tint(t.soft, softChroma), line: tint(t.line, lineChroma)}

	a.fill, a.on = declared, color{0xff, 0xff, 0xff}
	a.edge = t.until(look, shapeContrast, t.surface, t.ground)
	hover := look
	hover.l -= 0.04
	if contrast(a.on, a.fill) < textContrast {
		a.on = color{} // one of the two always has 4.58 or more
		hover.l = min(look.l+0.04, 1)
	}
	a.hover = hover.color()
	a.text = t.until(look, textContrast, t.surface, t.ground, a.soft)
	return a
}

// until moves the lightness of a colour step by step until it has the contrast
// with all grounds.
func (t theme) until(look oklch, want float64, grounds ...color) color {
	for ; look.l > 0 && look.l < 1; look.l += t.step {
		c, enough := look.color(), true
		for _, ground := range grounds {
			enough = enough && contrast(c, ground) >= want
		}
		if enough {
			return c
		}
	}
	if t.step < 0 {
		return color{}
	}
	return color{0xff, 0xff, 0xff}
}

// accentCSS is the stylesheet of a help center's colour.
func accentCSS(declared color) string {
	rule := func(a accent) string {
		return fmt.Sprintf(":root{--accent:%s;--accent-edge:%s;--accent-hover:%s;--on-accent:%s;--accent-text:%s;--accent-soft:%s;--accent-line:%s}",
			a.fill, a.edge, a.hover, a.on, a.text, a.soft, a.line)
	}
	return rule(lightTheme.accent(declared)) + "\n@media (prefers-color-scheme:dark){" + rule(darkTheme.accent(declared)) + "}\n"
}
