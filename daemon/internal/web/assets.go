package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets
var assetFiles embed.FS

// assets are the files that pages load. Their address holds the hash of their
// content, so a browser may keep them for ever and never shows an old one.
type assets struct {
	files   map[string]asset
	accents sync.Map // declared colour → address; as many as are declared
}

type asset struct {
	hash, mediaType string
	body            []byte
	zipped          []byte // nil if it is too small to gain
}

// mediaTypes of what we have; the tables of the machine may say otherwise.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func loadAssets() *assets {
	a := &assets{files: map[string]asset{}}
	z := gzip.NewWriter(nil) // one for all: each holds nearly a MiB
	err := fs.WalkDir(assetFiles, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := assetFiles.ReadFile(name)
		f := newAsset(path.Base(name), body)
		f.zipped = zip(z, body)
		a.files[path.Base(name)] = f
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("read embedded assets: %v", err))
	}
	return a
}

func newAsset(name string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{hash: hex.EncodeToString(sum[:6]), mediaType: mediaTypes[path.Ext(name)], body: body}
}

func zip(z *gzip.Writer, body []byte) []byte {
	var out bytes.Buffer
	z.Reset(&out)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

func (a *assets) path(name string) string { return "/assets/" + a.files[name].hash + "/" + name }

// accentPath is the address of the stylesheet of a colour. It is a file of its
// own because the policy of our pages allows no style inside a page.
func (a *assets) accentPath(declared string) string {
	if known, ok := a.accents.Load(declared); ok {
		return known.(string)
	}
	c, ok := parseColor(declared)
	if !ok {
		c, _ = parseColor(DefaultColor)
	}
	address := "/assets/" + accentAsset(c).hash + "/" + accentName(c)
	a.accents.Store(declared, address)
	return address
}

func accentName(c color) string { return "accent-" + c.String()[1:] + ".css" }

func accentAsset(c color) asset { return newAsset(accentName(c), []byte(accentCSS(c))) }

func (a *assets) find(name string) (asset, bool) {
	if f, ok := a.files[name]; ok {
		return f, true
	}
	if hex, ok := strings.CutPrefix(strings.TrimSuffix(name, ".css"), "accent-"); ok {
		if c, ok := parseColor("#" + hex); ok && accentName(c) == name {
			return accentAsset(c), true
		}
	}
	return asset{}, false
}

// serve answers GET /assets/{hash}/{name}. While two versions of the program
// run side by side, one may be asked for what the other's page names: then it
// gives its own, which is better than none, and lets nobody keep it.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := a.find(r.PathValue("name"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("hash") == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Type", f.mediaType)
	h.Set("Vary", "Accept-Encoding")
	body := f.body
	if f.zipped != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.zipped
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body) // whoever asked has gone
}

// acceptsGzip reads Accept-Encoding (RFC 9110 section 12.5.3).
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(coding))
		if err == nil && name == "gzip" {
			return strings.Trim(params["q"], "0.") != "" || params["q"] == ""
		}
	}
	return false
}
