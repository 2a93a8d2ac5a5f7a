package web

import (
	"fmt"
	"html/template"
)

// icons are drawn on a grid of 20 with strokes of 1.5, in the colour of the
// text around them.
var icons = map[string]string{
	"alert":    `<path d="M10 3.2 17.6 16.4H2.4Z"/><path d="M10 8v3.6"/><path d="M10 13.9v.1"/>`,
	"arrow":    `<path d="M16 10H4.5"/><path d="M9 5.5 4.5 10 9 14.5"/>`,
	"at":       `<circle cx="10" cy="10" r="3"/><path d="M13 7.2v3.6a1.9 1.9 0 0 0 3.8 0V10a6.8 6.8 0 1 0-2.6 5.3"/>`,
	"ban":      `<circle cx="10" cy="10" r="7"/><path d="m5.2 5.2 9.6 9.6"/>`,
	"bell":     `<path d="M5.5 13.5V9a4.5 4.5 0 0 1 9 0v4.5l1.5 1.5H4Z"/><path d="M8.5 17h3"/>`,
	"check":    `<path d="M4.5 10.5 8.2 14.2 15.8 6"/>`,
	"clip":     `<path d="M15.8 9.2 9.9 15.1a3.6 3.6 0 0 1-5.1-5.1l6.3-6.3a2.4 2.4 0 0 1 3.4 3.4l-6.2 6.2a1.2 1.2 0 0 1-1.7-1.7L12 6.2"/>`,
	"clock":    `<circle cx="10" cy="10" r="7"/><path d="M10 6v4.3l2.8 1.7"/>`,
	"close":    `<path d="m5 5 10 10M15 5 5 15"/>`,
	"desk":     `<rect x="3" y="4" width="14" height="9.5" rx="1.5"/><path d="M7.5 16.5h5M10 13.5v3"/>`,
	"done":     `<circle cx="10" cy="10" r="7"/><path d="m7 10.2 2.2 2.2L13.2 8"/>`,
	"down":     `<path d="M5.5 8 10 12.5 14.5 8"/>`,
	"edit":     `<path d="M4 16l.7-3.2 8.6-8.6 2.5 2.5-8.6 8.6Z"/><path d="m11.6 5.9 2.5 2.5"/>`,
	"eye":      `<path d="M2.8 10S5.4 5 10 5s7.2 5 7.2 5-2.6 5-7.2 5-7.2-5-7.2-5Z"/><circle cx="10" cy="10" r="2.2"/>`,
	"filter":   `<path d="M3.5 5h13M6 10h8M8.5 15h3"/>`,
	"flag":     `<path d="M5 17V3.5"/><path d="M5 4h9.5l-2.2 3.2 2.2 3.3H5"/>`,
	"form":     `<rect x="4" y="3" width="12" height="14" rx="1.5"/><path d="M7 7h6M7 10h6M7 13h3.5"/>`,
	"forward":  `<path d="M12 4.5 16.5 9 12 13.5"/><path d="M16.5 9H8a4.5 4.5 0 0 0-4.5 4.5V15.5"/>`,
	"gear":     `<circle cx="10" cy="10" r="2.4"/><path d="M10 3v2.2M10 14.8V17M3 10h2.2M14.8 10H17M5 5l1.6 1.6M13.4 13.4 15 15M15 5l-1.6 1.6M6.6 13.4 5 15"/>`,
	"hidden":   `<path d="M3.5 3.5l13 13"/><path d="M8 5.3A7.6 7.6 0 0 1 10 5c4.6 0 7.2 5 7.2 5a12 12 0 0 1-2 2.6M5.4 6.7A12 12 0 0 0 2.8 10s2.6 5 7.2 5a7.3 7.3 0 0 0 3.3-.8"/><path d="M8.4 8.5a2.2 2.2 0 0 0 3.1 3.1"/>`,
	"inbox":    `<path d="M3 11.5 5.2 4.5h9.6L17 11.5V15a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1Z"/><path d="M3 11.5h4.2a2.8 2.8 0 0 0 5.6 0H17"/>`,
	"join":     `<path d="M4 4.5h2.5c3 0 4 5.5 7 5.5H16"/><path d="M4 15.5h2.5c3 0 4-5.5 7-5.5"/><path d="m13 7 3 3-3 3"/>`,
	"key":      `<circle cx="7" cy="13" r="3.2"/><path d="m9.4 10.6 6.1-6.1M12.5 7.5l2 2M14.5 5.5l1.5 1.5"/>`,
	"lines":    `<path d="M4 5.5h12M4 8.5h12M4 11.5h12M4 14.5h12"/>`,
	"link":     `<path d="M8.5 11.5a3 3 0 0 0 4.3 0l2.8-2.8a3 3 0 0 0-4.3-4.3l-.9.9"/><path d="M11.5 8.5a3 3 0 0 0-4.3 0l-2.8 2.8a3 3 0 0 0 4.3 4.3l.9-.9"/>`,
	"list":     `<path d="M3.5 5.5h.1M3.5 10h.1M3.5 14.5h.1M7 5.5h9.5M7 10h9.5M7 14.5h9.5"/>`,
	"mail":     `<rect x="3" y="4.5" width="14" height="11" rx="1.5"/><path d="m3.5 6 6.5 5 6.5-5"/>`,
	"menu":     `<path d="M3.5 5.5h13M3.5 10h13M3.5 14.5h13"/>`,
	"moon":     `<path d="M16.3 12.2A6.8 6.8 0 0 1 7.8 3.7a6.8 6.8 0 1 0 8.5 8.5Z"/>`,
	"more":     `<circle cx="4.5" cy="10" r=".6"/><circle cx="10" cy="10" r=".6"/><circle cx="15.5" cy="10" r=".6"/>`,
	"next":     `<path d="M7.5 4.5 13 10l-5.5 5.5"/>`,
	"note":     `<path d="M4 16.5V4.5a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v7.5L11.5 16.5Z"/><path d="M11.5 16.5V12H16"/><path d="M7 7h6M7 10h3"/>`,
	"out":      `<path d="M8 3.5H5a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h3"/><path d="M12 6.5 15.5 10 12 13.5M15.5 10H8"/>`,
	"people":   `<circle cx="7.5" cy="7" r="2.6"/><path d="M2.5 16a5 5 0 0 1 10 0"/><path d="M12.5 4.7a2.6 2.6 0 0 1 0 4.6M14.5 11.6A5 5 0 0 1 17.5 16"/>`,
	"person":   `<circle cx="10" cy="7" r="3"/><path d="M4 16.5a6 6 0 0 1 12 0"/>`,
	"plus":     `<path d="M10 4v12M4 10h12"/>`,
	"reply":    `<path d="M8 4.5 3.5 9 8 13.5"/><path d="M3.5 9H12a4.5 4.5 0 0 1 4.5 4.5V15.5"/>`,
	"returned": `<rect x="3" y="4.5" width="14" height="11" rx="1.5"/><path d="m8 8 4 4M12 8l-4 4"/>`,
	"search":   `<circle cx="9" cy="9" r="5"/><path d="m12.8 12.8 3.7 3.7"/>`,
	"shield":   `<path d="M10 3 16 5v4.5c0 3.7-2.5 6.2-6 7.5-3.5-1.3-6-3.8-6-7.5V5Z"/><path d="m7.5 9.8 1.8 1.8 3.3-3.4"/>`,
	"tag":      `<path d="M3.5 4.5v5.2l6.8 6.8a1 1 0 0 0 1.4 0l4.8-4.8a1 1 0 0 0 0-1.4L9.7 3.5H4.5a1 1 0 0 0-1 1Z"/><path d="M7 7v.1"/>`,
	"text":     `<path d="M4 5.5h12M4 10h12M4 14.5h7"/>`,
	"undo":     `<path d="M7 4.5 3.5 8 7 11.5"/><path d="M3.5 8h8a4 4 0 0 1 0 8H8"/>`,
	"wait":     `<path d="M6 3.5h8M6 16.5h8M7 3.5c0 4 6 4.5 6 6.5s-6 2.5-6 6.500M13 3.500c0 4-6 4.500-6 6.500s6 2.500 6 6.500"/>`,
}

// icon is a picture that says nothing by itself: words always stand beside it.
func icon(name string) (template.HTML, error) {
	drawing, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("there is no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.5" ` +
		`stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">` + drawing + `</svg>`), nil
}
