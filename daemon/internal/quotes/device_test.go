package quotes

import "testing"

func TestIsDevice(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"Sent from my iPhone", true},
		{"Sent from Mail for Windows", true},
		{"Sent from my cell, please excuse any typos.", true},
		{"Sent from my TI-85", true},
		{"Sent with Airmail", true},
		{"Get Outlook for iOS<https://aka.ms/o0ukef>", true},
		{"Holen Sie sich Outlook für Android", true},
		{"Outlook für iOS beziehen", true},
		{"Outlook pour iOS", true},
		{"Von meinem iPad gesendet", true},
		{"iPhoneから送信", true},
		{"发自我的 iPhone", true},
		{"Отправлено из Почты Mail.ru", true},

		{"Sent with love", false},
		{"Sent by mail on Monday", false},
		{"Отправлено с почты вчера", false},
		{"Sent via DHL, number 12345678901", false},
		{"Sent from my iPhone is what your footer says.", false},
		{"Sent from my office you will get the contract", false},
		{"I use Outlook on Android", false},
		{"Outlook for iOS crashes on start", false},
		{"Outlook für Android funktioniert nicht", false},
		{"Download Outlook does not work", false},
		{"Program: Outlook for Android", false},
		{"iPhone broken", false},
		{"", false},
	} {
		if got := isDevice(tt.text); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestIsBoilerplate(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"Virus-free. www.avast.com", true},
		{"This email has been checked for viruses by Avast", true},
		{"Please consider the environment before printing this mail", true},
		{"This e-mail is confidential and meant for the intended recipient alone; delete it if you are somebody else.", true},
		{"Is your manual virus-free?", false},
		{"Have you checked for viruses?", false},
		{"The code is confidential, so please tell the intended recipient by telephone and not in a mail like this one.", false},
	} {
		if got := isBoilerplate(tt.text); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
	}
}
