package browser

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/posterndesk/postern/examples"
	"github.com/posterndesk/postern/test/browser/chrome"
	"github.com/posterndesk/postern/test/peers"
)

// covers: S24
func TestSignInByCode(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	eachWay(t, func(t *testing.T, look chrome.Look) {
		address := addressOf(t)
		tab := somebody(t, look)
		tab.Open(desk.URL() + "/en/sign-in")
		tab.Press("Sign in with a code by mail")
		tab.Fill("Your mail address", address)
		tab.Press("Send me a code")
		code := regexp.MustCompile(`\b\d{8}\b`).FindString(desk.Letter(t, address, "").Text)
		elsewhere := somebody(t, look) // whoever is talked into telling it
		elsewhere.Open(desk.URL() + "/en/sign-in/code")
		elsewhere.Fill("Your mail address", "other."+address)
		elsewhere.Press("Send me a code")
		elsewhere.Fill("Code", code)
		if status := elsewhere.Press("Sign in"); status != http.StatusUnprocessableEntity {
			t.Errorf("the code answers %d in another browser", status)
		}
		tab.Fill("Code", "00000000")
		tab.Press("Sign in")
		tab.See("not right")
		tab.Fill("Code", code)
		tab.Press("Sign in")
		tab.See("My requests", "You have no requests here yet.")
	})
}

// covers: S24
func TestPasswordReset(t *testing.T) {
	t.Parallel()
	desk := peers.StartDev(t, "")
	address := addressOf(t)
	there := customer(t, desk, chrome.Look{}, address)
	tab := somebody(t, chrome.Look{NoScript: true})
	tab.Open(desk.URL() + "/en/sign-in")
	tab.Press("Forgot your password?")
	tab.Fill("Your mail address", address)
	tab.Press("Send me the link")
	tab.Open(desk.LetterWith(t, address, "/pass/").Link(t, "/pass/"))
	tab.Fill("New password", "short")
	if status := tab.Press("Set the password"); status != http.StatusUnprocessableEntity {
		t.Errorf("a short password answers %d", status)
	}
	tab.Fill("New password", "eleven green teapots")
	tab.Press("Set the password")
	tab.See("My requests")
	// Whoever was signed in with the old one is not any more, and it opens nothing.
	there.Open(desk.URL() + "/en/requests")
	if there.Path() != "/en/sign-in" {
		t.Errorf("a browser with the old password is at %s", there.Path())
	}
	there.Fill("Your mail address", address)
	there.Fill("Password", password)
	if status := there.Press("Sign in"); status != http.StatusUnprocessableEntity {
		t.Errorf("the old password answers %d", status)
	}
}

// TestInvited lets somebody in who could not have come by themselves.
//
// covers: S26, S27, S28, S29
func TestInvited(t *testing.T) {
	t.Parallel()
	sample, err := examples.FS.ReadFile("acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	closed := strings.Replace(string(sample), "mode: Open\n", "mode: InviteOnly\n", 1)
	if closed == string(sample) {
		t.Fatal("the sample does not say how sign-up is")
	}
	desk := peers.StartDev(t, closed)
	eachWay(t, func(t *testing.T, look chrome.Look) {
		address := addressOf(t)
		ask(t, desk, address, "Before I was invited")
		tab := somebody(t, look)
		if status := tab.Open(desk.URL() + "/en/sign-up"); status != http.StatusNotFound {
			t.Errorf("sign-up answers %d where it is closed", status)
		}
		tab.See("Sign-up is by invitation")
		desk.Command(t, "contact", "invite", address)
		activate(t, desk, tab, address, "Activate the account")
		tab.See("My requests", "Before I was invited")
		tab.Open(desk.URL() + "/en/account")
		tab.Press("Sign out here")
		tab.Open(desk.URL() + "/en/requests")
		tab.Fill("Your mail address", address)
		tab.Fill("Password", password)
		tab.Press("Sign in")
		tab.See("Before I was invited")
	})
}

// A portal that is for https and was opened without it says so where people would sign
// in: browsers drop its cookies without a word.
//
// covers: S24
func TestSignInInTheClear(t *testing.T) {
	t.Parallel()
	sample, err := examples.FS.ReadFile("acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	desk := peers.StartDesk(t, strings.Replace(string(sample), "host: help.acme.example", "host: help.test", 1))
	_, port, _ := strings.Cut(desk.HTTP, ":")
	const told = "This page was opened without encryption"
	for _, path := range []string{"/en/sign-in", "/agent/sign-in?next=%2Fagent%2Fme"} {
		tab := person(t, chrome.Look{})
		tab.Open("http://help.test:" + port + path)
		tab.See(told)
		tab.Await(`document.querySelector("[data-in-clear] a").href === "https://help.test` + path + `"`)
		for _, fault := range tab.Faults() {
			if !strings.Contains(fault, "untrustworthy") { // as the browser calls it, too
				t.Error(fault)
			}
		}
	}
}
