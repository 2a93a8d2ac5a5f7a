package chrome

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// The page is used as its reader does: things are named by the words on them.
// Whatever is not visible can't be used.
const (
	// finding gives what it needs to look for words.
	finding = `((words, whole) => {
		const plain = s => (s || "").replace(/\s+/g, " ").trim();
		const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
		const fits = s => whole ? plain(s) === words : plain(s).startsWith(words);
		%s
	})(%s, %t)`

	// Of several with the same words, a button of what the page is about comes
	// first, and what stands around each page last.
	pressable = `const rank = e => (e.closest("main, [role=main]") ? 0 : 2) + (e.matches("button, input") ? 0 : 1);
		return [...document.querySelectorAll("button, a[href], summary, input[type=submit], label, [role=button]")]
			.filter(e => shown(e) && (fits(e.innerText) || fits(e.value) || fits(e.getAttribute("aria-label"))))
			.sort((a, b) => rank(a) - rank(b))[0];`

	labelled = `const control = l => l.control || (l.tagName === "LEGEND" ? l.parentElement.querySelector("input, select, textarea") : null);
		const labels = [...document.querySelectorAll("label, legend")].filter(l => fits(l.innerText) && control(l));
		const label = labels.find(l => control(l).type !== "radio") || labels[0]; // tabs are radio buttons
		return label ? control(label) : [...document.querySelectorAll("input, select, textarea")].find(e => fits(e.getAttribute("aria-label")));`
)

func look(for_, words string, whole bool) string {
	quoted, _ := json.Marshal(words) // a string always can
	return fmt.Sprintf(finding, for_, quoted, whole)
}

// Press uses the button or link that has these words, and waits for the page that
// it leads to. It returns its status.
func (tab *Tab) Press(words string) int {
	tab.t.Helper()
	tab.await(fmt.Sprintf("a button %q", words), "!!"+look(pressable, words, true))
	tab.lead(fmt.Sprintf("press %q", words), chromedp.Click(chromedp.JSPath(look(pressable, words, true))))
	return tab.Status()
}

// Follow is Press for what only begins with these words, as an entry of a list does.
func (tab *Tab) Follow(words string) int {
	tab.t.Helper()
	tab.await(fmt.Sprintf("a link %q", words), "!!"+look(pressable, words, false))
	tab.lead(fmt.Sprintf("follow %q", words), chromedp.Click(chromedp.JSPath(look(pressable, words, false))))
	return tab.Status()
}

// sending are the buttons that send a form, whether they are shown or not.
const sending = `[...document.querySelectorAll("button, input[type=submit], input[type=image]")].filter(b => b.form && b.type !== "button" && b.type !== "reset")`

// Buttons counts those of the page that send a form.
func (tab *Tab) Buttons() int {
	tab.t.Helper()
	return Eval[int](tab, sending+".length")
}

// PressButton presses one of [Tab.Buttons], by its place, as programs do that do not
// read what it says. It returns the status of the page that follows.
func (tab *Tab) PressButton(i int) int {
	tab.t.Helper()
	press := chromedp.Evaluate[bool](fmt.Sprintf("(%s[%d].click(), true)", sending, i))
	tab.lead(fmt.Sprintf("press button %d", i), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := press(ctx, t)
		return err
	}))
	return tab.Status()
}

// Keys presses keys one after another, where the focus is. "\r" is Enter and "\x1b"
// Escape.
func (tab *Tab) Keys(keys string) {
	tab.t.Helper()
	tab.call(func(ctx context.Context) error { return chromedp.Do(ctx, chromedp.KeyEvent(keys)) })
}

// Control presses a key together with Ctrl.
func (tab *Tab) Control(key string) {
	tab.t.Helper()
	tab.call(func(ctx context.Context) error {
		return chromedp.Do(ctx, chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	})
}

// Touch uses what has these words and stays on the page.
func (tab *Tab) Touch(words string) {
	tab.t.Helper()
	tab.await(fmt.Sprintf("a button %q", words), "!!"+look(pressable, words, true))
	tab.click(look(pressable, words, true))
}

// Fill writes into the field whose label begins with these words, in place of
// what is there.
func (tab *Tab) Fill(label, value string) {
	tab.t.Helper()
	field := tab.field(label)
	// A field for times has a part for each of its numbers, into which no text goes.
	words, _ := json.Marshal(value) // a string always can
	if done := Eval[bool](tab, fmt.Sprintf(`(e => {
		e.focus(); e.select();
		if (!/^(date|month|week|time)/.test(e.type)) return false;
		e.value = %s;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})(%s)`, words, field)); done {
		return
	}
	tab.call(func(ctx context.Context) error {
		if value == "" {
			return chromedp.Do(ctx, chromedp.KeyEvent("\b"))
		}
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: value})
		return err
	})
}

// Choose takes the option with these words in the field with that label.
func (tab *Tab) Choose(label, option string) {
	tab.t.Helper()
	words, _ := json.Marshal(option) // a string always can
	done := Eval[bool](tab, fmt.Sprintf(`(e => {
		const o = [...e.options].find(o => o.text.trim() === %s);
		if (!o) return false;
		e.value = o.value;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})(%s)`, words, tab.field(label)))
	if !done {
		tab.t.Fatalf("%q offers no %q", label, option)
	}
}

// Tick sets the box with that label, or takes it back.
func (tab *Tab) Tick(label string) {
	tab.t.Helper()
	tab.click(tab.field(label))
}

// Attach chooses files of this machine for the field with that label.
func (tab *Tab) Attach(label string, paths ...string) {
	tab.t.Helper()
	field := tab.field(label)
	tab.call(func(ctx context.Context) error {
		return chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.JSPath(field), paths))
	})
}

// Value is what the field with that label holds.
func (tab *Tab) Value(label string) string {
	tab.t.Helper()
	return Eval[string](tab, tab.field(label)+".value")
}

// Has tells whether something with these words can be pressed.
func (tab *Tab) Has(words string) bool {
	tab.t.Helper()
	return Eval[bool](tab, "!!"+look(pressable, words, true))
}

// See waits until the page says all of that.
func (tab *Tab) See(words ...string) {
	tab.t.Helper()
	for _, w := range words {
		quoted, _ := json.Marshal(w) // a string always can
		tab.await(fmt.Sprintf("%q", w), fmt.Sprintf(`document.body.innerText.replace(/\s+/g, " ").includes(%s)`, quoted))
	}
}

// SeeNone fails if the page says any of that.
func (tab *Tab) SeeNone(words ...string) {
	tab.t.Helper()
	text := strings.Join(strings.Fields(tab.Text()), " ")
	for _, w := range words {
		if strings.Contains(text, w) {
			tab.t.Errorf("%s says %q", tab.Address(), w)
		}
	}
}

// Await waits until a script gives true.
func (tab *Tab) Await(script string) {
	tab.t.Helper()
	tab.await(script, script)
}

func (tab *Tab) field(label string) string {
	tab.t.Helper()
	path := look(labelled, label, false)
	tab.await(fmt.Sprintf("a field %q", label), "!!"+path)
	return path
}

func (tab *Tab) click(path string) {
	tab.t.Helper()
	tab.call(func(ctx context.Context) error { return chromedp.Do(ctx, chromedp.Click(chromedp.JSPath(path))) })
}

// await asks from here, again and again: a page that runs no scripts has no clock
// either, and one that is just leaving has nothing to say.
func (tab *Tab) await(what, script string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	// A machine with much to do is asked less and less often.
	const first, longest = 25 * time.Millisecond, 400 * time.Millisecond
	var err error
	for pause := first; ctx.Err() == nil; pause = min(longest, pause*3/2) {
		var there bool
		if there, err = chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err == nil && there {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause): // between two looks at another process
		}
	}
	tab.t.Fatalf("there is no %s (%v) on %s", what, err, tab.where())
}
