// Package guessable tells passwords that are guessed first: common ones, common
// ones with a few signs around them, repetitions, and keys in a row.
//
// There are no rules about which signs a password has to have: they make people
// write "Password1!" (NIST SP 800-63B section 3.1.1.2). Nothing leaves the process.
package guessable

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Reason says why a password is guessed first; "" for one that is not.
type Reason string

const (
	Common    Reason = "common"    // many people use it
	Decorated Reason = "decorated" // one of those with digits or signs around it
	Repeated  Reason = "repeated"  // the same over and over
	InARow    Reason = "in a row"  // keys, letters or digits side by side
)

// Why judges a password, however long it is.
func Why(password string) Reason {
	lower := strings.ToLower(password)
	switch {
	case isCommon(lower):
		return Common
	case repeats([]rune(lower)):
		return Repeated
	case inARow([]rune(lower)):
		return InARow
	}
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	if len(core) >= shortestCore && isCommon(core) {
		return Decorated
	}
	// "p@ssw0rd2024": what stands for letters at the ends is taken off only after
	// the digits that were added.
	core = strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune("@$", r) })
	if len(core) >= shortestCore && isCommon(core) {
		return Decorated
	}
	return ""
}

// shortestCore: shorter words stand in good passwords too.
const shortestCore = 5

//go:embed common.txt.gz
var packed []byte

// common are the words of the list, in order. They are unpacked when the first
// password is judged.
var common = sync.OnceValue(func() []string {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("guessable: " + err.Error()) // it is part of the program
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic("guessable: " + err.Error())
	}
	return strings.Fields(string(text))
})

// isCommon looks for a word as it is, and with its letters written as letters.
func isCommon(word string) bool {
	for _, spelled := range []string{word, leet.Replace(word), leetL.Replace(word)} {
		if _, found := slices.BinarySearch(common(), spelled); found {
			return true
		}
	}
	return false
}

// What people write instead of letters.
var (
	leet  = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")
	leetL = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "l")
)

// repeats reports a password that is made of one beginning: at least twice and to
// its end, or three times and a part of it.
func repeats(word []rune) bool {
	for period := 1; period <= len(word)/2; period++ {
		same := true
		for i := period; i < len(word) && same; i++ {
			same = word[i] == word[i-period]
		}
		if same && (len(word)%period == 0 || period <= len(word)/3) {
			return true
		}
	}
	return false
}

// rows of keyboards; letters and digits in their order come besides.
var rows = []string{"1234567890", "qwertyuiop", "qwertzuiopü", "azertyuiop", "asdfghjklöä", "qsdfghjklm", "zxcvbnm", "yxcvbnm", "wxcvbn"}

// inARow reports a password that falls into a few runs of neighbours, four signs
// of each in the mean: somebody who knows the keyboard has little to guess.
func inARow(word []rune) bool {
	const mean = 4
	runs := 0
	for i := 0; i < len(word); runs++ {
		longest := 1
		for _, step := range steps {
			n := 1
			for i+n < len(word) && step(word[i+n-1], word[i+n]) {
				n++
			}
			longest = max(longest, n)
		}
		i += longest
	}
	return len(word) > 0 && runs*mean <= len(word)
}

// steps from one sign to a neighbour; a run keeps to one of them.
var steps = []func(a, b rune) bool{
	func(a, b rune) bool { return a == b },
	func(a, b rune) bool { return b == a+1 },
	func(a, b rune) bool { return b == a-1 },
	func(a, b rune) bool { return onRow(a, b, 1) },
	func(a, b rune) bool { return onRow(a, b, -1) },
}

func onRow(a, b rune, step int) bool {
	for _, row := range rows {
		signs := []rune(row)
		if i := slices.Index(signs, a); i >= 0 && i+step >= 0 && i+step < len(signs) && signs[i+step] == b {
			return true
		}
	}
	return false
}
