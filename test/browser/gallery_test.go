package browser

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

var (
	picturesInto = flag.String("pictures", "", "write pictures of every page into this folder")
	picturesOf   = flag.String("of", "", "look only at pages whose names have this regular expression")
)

// shown is a page of the gallery.
type shown struct {
	Name  string
	Title string
	Main  bool
	Wide  bool
	Paths map[string]string // by language
}

func gallery(t *testing.T, dev *peers.Dev) []shown {
	t.Helper()
	r, err := http.Get(dev.URL() + "/dev/pages.json")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var all []shown
	if err := json.Unmarshal(raw, &all); err != nil || len(all) == 0 {
		t.Fatalf("the gallery has %d pages: %v", len(all), err)
	}
	return all
}

// Widths of a telephone in common use, of a page with all of its column, and of a
// common screen.
const (
	telephone = 390
	column    = 800
	screen    = 1440
)

// TestPictures makes pictures of every page when it is asked to: see make
// screenshots.
func TestPictures(t *testing.T) {
	if *picturesInto == "" {
		t.Skip("only with -pictures FOLDER")
	}
	of, err := regexp.Compile(*picturesOf)
	if err != nil {
		t.Fatal(err)
	}
	dev := peers.StartDev(t, "")
	tab := person(t, chrome.Look{})
	var all int
	take := func(page shown, name, locale string, look chrome.Look) {
		look.Height = 600 // a short page is shown with its end
		tab.Look(look)
		tab.Open(dev.URL() + page.Paths[locale])
		small, err := shrink(tab.Picture())
		if err == nil {
			err = os.WriteFile(filepath.Join(*picturesInto, name+".png"), small, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		all += len(small)
	}
	for _, page := range gallery(t, dev) {
		if !of.MatchString(page.Name) {
			continue
		}
		if page.Wide {
			take(page, page.Name, "en", chrome.Look{Width: screen})
			take(page, page.Name+"-dark", "en", chrome.Look{Width: screen, Dark: true})
			take(page, page.Name+"-narrow", "en", chrome.Look{Width: telephone, Touch: true})
			continue
		}
		take(page, page.Name, "en", chrome.Look{Width: column})
		take(page, page.Name+"-narrow", "en", chrome.Look{Width: telephone})
		if page.Main {
			take(page, page.Name+"-dark", "en", chrome.Look{Width: column, Dark: true})
			take(page, page.Name+"-narrow-dark", "en", chrome.Look{Width: telephone, Dark: true})
			take(page, page.Name+"-narrow-de", "de", chrome.Look{Width: telephone})
		}
	}
	t.Logf("the pictures have %.1f MB", float64(all)/1e6)
}

// shrink makes a picture smaller than a browser does: our pages have few colours,
// and the smoothed edges of letters between them.
func shrink(raw []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	colours := frequent(full)
	small := image.NewPaletted(full.Bounds(), colours)
	nearest := map[color.NRGBA]uint8{}
	for y := full.Bounds().Min.Y; y < full.Bounds().Max.Y; y++ {
		for x := full.Bounds().Min.X; x < full.Bounds().Max.X; x++ {
			c := color.NRGBAModel.Convert(full.At(x, y)).(color.NRGBA)
			i, known := nearest[c]
			if !known {
				i = uint8(colours.Index(c))
				nearest[c] = i
			}
			small.SetColorIndex(x, y, i)
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

// frequent are the most frequent colours that differ, as many as a palette holds.
func frequent(full image.Image) color.Palette {
	const most = 256
	count := map[color.NRGBA]int{}
	for y := full.Bounds().Min.Y; y < full.Bounds().Max.Y; y++ {
		for x := full.Bounds().Min.X; x < full.Bounds().Max.X; x++ {
			count[color.NRGBAModel.Convert(full.At(x, y)).(color.NRGBA)]++
		}
	}
	var all []color.NRGBA
	for c := range count {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.NRGBA) int {
		if n := count[b] - count[a]; n != 0 {
			return n
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) // the same palette each time
	})
	for near := 0; ; near += 2 {
		if p := apart(all, near); len(p) <= most {
			return p
		}
	}
}

// apart leaves out colours that are near to one that comes before them: a rare one
// that is like no other stays.
func apart(all []color.NRGBA, near int) color.Palette {
	var p color.Palette
	for _, c := range all {
		if !slices.ContainsFunc(p, func(known color.Color) bool { return distance(known.(color.NRGBA), c) <= near }) {
			p = append(p, c)
		}
	}
	return p
}

func distance(a, b color.NRGBA) int {
	diff := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(diff(a.R, b.R), diff(a.G, b.G), diff(a.B, b.B))
}
