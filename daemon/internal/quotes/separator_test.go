package quotes

import "testing"

func TestReadSeparator(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want separator
	}{
		{"Outlook", "-----Original Message-----", originalSeparator},
		{"GMX", "-------- Ursprüngliche Nachricht --------", originalSeparator},
		{"Gmail", "---------- Forwarded message ---------", forwardSeparator},
		{"Apple", "Anfang der weitergeleiteten Nachricht:", forwardSeparator},
		{"Turkish capital", "-------- İletilmiş Mesaj --------", forwardSeparator},
		{"two languages", "-------- Preposlaná správa --- Forwarded Message --------", forwardSeparator},
		{"Notes", "----- Forwarded by Luke Kern/Lumen on 05.03.2026 14:03 -----", forwardSeparator},
		{"words that are not known", "------ Negagiŋ siadat ------", someSeparator},
		{"words without signs", "Original Message", notSeparator},
		{"a drawn line", "----------", notSeparator},
		{"prose", "I forwarded the message:", notSeparator},
		{"a list", "- Original Message", notSeparator},
		{"blank", "", notSeparator},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := readSeparator(tt.text); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestSplitSeparator(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		sep  separator
		want string
	}{
		{"Yahoo", "----- Forwarded Message ----- From: a", forwardSeparator, "From: a"},
		{"Samsung", "-------- Original message --------From: a", originalSeparator, "From: a"},
		{"nothing behind it", "----- Forwarded Message -----", notSeparator, ""},
		{"only signs", "------------", notSeparator, ""},
		{"words", "--- and so on", notSeparator, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sep, got := splitSeparator(tt.text)
			if sep != tt.sep || got != tt.want {
				t.Errorf("got %d, %q, want %d, %q", sep, got, tt.sep, tt.want)
			}
		})
	}
}

func TestIsWroteLine(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"---- Luke Kern schrieb ----", true},
		{"---- Luke Kern wrote ----", true},
		{"--- as I wrote ---", false},
		{"--- wrote it down ---", false},
		{"Luke Kern wrote", false},
	} {
		if got := isWroteLine(tt.text); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
	}
}
