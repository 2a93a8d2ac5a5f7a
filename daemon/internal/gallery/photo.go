package gallery

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
)

// photo is what the made-up requests have for pictures: a hill under the sun.
var photo = paint(320, 240)

func paint(width, height int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{178, 206, 226, 255}
			if dx, dy := x-width*3/4, y-height/4; dx*dx+dy*dy < 30*30 {
				c = color.RGBA{250, 214, 110, 255}
			}
			if dx := x - width/3; y > height/2+dx*dx/400 {
				c = color.RGBA{112, 146, 104, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, m) // a buffer takes everything
	return out.Bytes()
}

func servePhoto(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(photo) // whoever asked has gone
}
