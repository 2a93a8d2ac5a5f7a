package config

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checker gathers what is wrong with one object.
type checker struct {
	key      Key
	object   string
	origin   *origin
	problems *Problems
}

func newChecker(kind string, m Metadata, problems *Problems) *checker {
	return &checker{key: m.Key(), object: objectName(kind, m.Key()), origin: m.origin, problems: problems}
}

func (c *checker) addf(path, format string, args ...any) {
	if c.origin.told(path) {
		return
	}
	file, at := c.origin.place(path)
	*c.problems = append(*c.problems, Problem{
		File: file, Line: at.line, Column: at.column, Object: c.object, Path: path,
		Message: fmt.Sprintf(format, args...),
	})
}

var (
	dnsLabel     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	dnsSubdomain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	secretKey    = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	localeTag    = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)
	colorText    = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// name checks the name of an object, or of what is named like one.
func (c *checker) name(path, name string) {
	switch {
	case name == "":
		c.addf(path, "is required")
	case len(name) > maxName || !dnsLabel.MatchString(name):
		c.addf(path, "%s must be 1 to %d lower-case letters, digits and hyphens, with no hyphen at either end", clip(name), maxName)
	}
}

// required and length check a text of one line.
func (c *checker) required(path, text string, most int) {
	if strings.TrimSpace(text) == "" {
		c.addf(path, "is required")
		return
	}
	c.length(path, text, most)
}

func (c *checker) length(path, text string, most int) {
	if n := utf8.RuneCountInString(text); n > most {
		c.addf(path, "has %d characters; at most %d are allowed", n, most)
	} else if strings.ContainsAny(text, "\n\t") {
		c.addf(path, "must be one line")
	}
}

// localized checks a text for people. One of up to maxLabel characters is one
// line. A nil text is fine.
func (c *checker) localized(path string, text *LocalizedText, most int) {
	if text == nil {
		return
	}
	one := func(path, text string) {
		switch n := utf8.RuneCountInString(text); {
		case strings.TrimSpace(text) == "":
			c.addf(path, "is required")
		case n > most:
			c.addf(path, "has %d characters; at most %d are allowed", n, most)
		case most <= maxLabel && strings.Contains(text, "\n"):
			c.addf(path, "must be one line")
		}
	}
	one(path+".default", text.Default)
	c.count(path+".translations", len(text.Translations), maxLocales)
	for i, translation := range text.Translations {
		at := element(path+".translations", i)
		c.locale(at+".locale", translation.Locale)
		one(at+".text", translation.Text)
	}
	c.unique(path+".translations", ".locale", texts(text.Translations, func(t Translation) string { return t.Locale }))
}

func (c *checker) locale(path, locale string) {
	if !localeTag.MatchString(locale) {
		c.addf(path, "%s is not a language tag such as de, pt-BR or zh-Hant", clip(locale))
	}
}

// count checks the length of a list.
func (c *checker) count(path string, n, most int) {
	if n > most {
		c.addf(path, "has %d items; at most %d are allowed", n, most)
	}
}

// number checks a number that may not be left at zero.
func (c *checker) number(path string, n, least, most int32) {
	if n < least || n > most {
		c.addf(path, "is %d; it must be from %d to %d", n, least, most)
	}
}

// unique tells what comes twice in a list; member is the path of the value
// within an item.
func (c *checker) unique(path, member string, values []string) {
	first := map[string]int{}
	for i, value := range values {
		if at, again := first[value]; again && value != "" {
			c.addf(element(path, i)+member, "%s is listed twice, first as item %d", clip(value), at+1)
		} else {
			first[value] = i
		}
	}
}

// each checks every item of a list of short texts against a pattern.
func (c *checker) each(path string, items []string, most int, pattern *regexp.Regexp, what string) {
	for i, item := range items {
		if utf8.RuneCountInString(item) > most || !pattern.MatchString(item) {
			c.addf(element(path, i), "%s is not %s", clip(item), what)
		}
	}
	c.unique(path, "", items)
}

// secret checks a reference to a Secret. A nil reference is fine.
func (c *checker) secret(path string, ref *SecretReference) {
	if ref == nil {
		return
	}
	if ref.Name == "" {
		c.addf(path+".name", "is required")
	} else if len(ref.Name) > maxSecretName || !dnsSubdomain.MatchString(ref.Name) {
		c.addf(path+".name", "%s is not the name of a Secret", clip(ref.Name))
	}
	if len(ref.Key) > maxSecretName || !secretKey.MatchString(ref.Key) {
		c.addf(path+".key", "%s is not the key of a Secret", clip(ref.Key))
	}
}

// webAddress checks the address of an issuer. Only the machine itself may be
// spoken to without TLS.
func (c *checker) webAddress(path, address string) {
	u, err := url.Parse(address)
	switch {
	case len(address) > maxURL:
		c.addf(path, "has %d characters; at most %d are allowed", len(address), maxURL)
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		c.addf(path, "%s is not a web address such as https://id.acme.example", clip(address))
	case u.Scheme == "https":
	case u.Scheme == "http" && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()):
	default:
		c.addf(path, "%s must begin with https://", clip(address))
	}
}

// checkHost checks a host name in lower case (RFC 1123 section 2.1).
func checkHost(host string) error {
	if host == "" || len(host) > maxHost {
		return fmt.Errorf("a host name has 1 to %d characters", maxHost)
	}
	if host != strings.ToLower(host) {
		return errors.New("a host name is written in lower case")
	}
	for label := range strings.SplitSeq(host, ".") {
		if len(label) > maxName || !dnsLabel.MatchString(label) {
			return errors.New("it is not a host name such as help.acme.example")
		}
	}
	return nil
}

// checkHostPort checks a host name that a port may follow.
func checkHostPort(host string) error {
	name, port, found := strings.Cut(host, ":")
	if !found || strings.Contains(host, "/") { // a URL is no host with a bad port
		return checkHost(host)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
		return fmt.Errorf("the port after the colon must be from 1 to %d", maxPort)
	}
	return checkHost(name)
}

// atom is a local part without quotes (RFC 5322 section 3.2.3), in any script
// (RFC 6532 section 3.2).
var atom = regexp.MustCompile("^[\\pL\\pM\\pN!#$%&'*+/=?^_`{|}~-]+(\\.[\\pL\\pM\\pN!#$%&'*+/=?^_`{|}~-]+)*$")

// checkAddress checks a mail address. It refuses what RFC 5321 allows and nobody
// uses: quoted local parts and address literals.
func checkAddress(address string) error {
	at := strings.LastIndexByte(address, '@')
	switch {
	case at < 0:
		return errors.New("it has no @")
	case len(address) > maxAddress:
		return fmt.Errorf("an address has at most %d characters", maxAddress)
	case at > maxLocalPart || !atom.MatchString(address[:at]):
		return errors.New("what stands before the @ is not the name of a mailbox")
	}
	return checkHost(strings.ToLower(address[at+1:]))
}

// strings checks what holds for every text of a spec, wherever it stands:
// enumerations have a known value, and nothing is in it that cannot be shown.
func (c *checker) strings(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.strings(path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			c.strings(path+"."+name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.strings(element(path, i), v.Index(i))
		}
	case reflect.String:
		c.string(path, v)
	}
}

func (c *checker) string(path string, v reflect.Value) {
	text := v.String()
	if e, ok := v.Interface().(enumeration); ok && text != "" && !slices.Contains(e.values(), text) {
		c.addf(path, "%s", notOneOf(text, e.values()))
	}
	unseen := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if !utf8.ValidString(text) {
		c.addf(path, "is not UTF-8")
	} else if strings.ContainsFunc(text, unseen) {
		c.addf(path, "has a control character")
	}
}

// texts returns one text of each item.
func texts[T any](items []T, text func(T) string) []string {
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = text(item)
	}
	return all
}
