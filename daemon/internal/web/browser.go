package web

import "strings"

// What a browser says of itself names many others too, so the order counts.
var (
	browsers = []struct{ sign, name string }{
		{"Edg/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systems = []struct{ sign, name string }{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"},
	}
)

// Browser is what people call the program that sent a User-Agent header, such as
// "Firefox, Linux"; "" if they would not know it. The header itself is not kept.
func Browser(agent string) string {
	var words []string
	for _, known := range [][]struct{ sign, name string }{browsers, systems} {
		for _, k := range known {
			if strings.Contains(agent, k.sign) {
				words = append(words, k.name)
				break
			}
		}
	}
	return strings.Join(words, ", ")
}
