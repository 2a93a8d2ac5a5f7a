package quotes

import "testing"

func TestReadSubject(t *testing.T) {
	for _, tt := range []struct {
		name    string
		subject string
		want    subject
	}{
		{"forward of an answer", "Fwd: Re: Lamp", subject{forwardSubject, "Re: Lamp"}},
		{"answer to a forward", "AW: WG: Lamp", subject{replySubject, "WG: Lamp"}},
		{"counted", "Re[2]: Lamp", subject{replySubject, "Lamp"}},
		{"abbreviated", "Odp.: Lamp", subject{replySubject, "Lamp"}},
		{"tag of a list", "[lamps] Fwd: Lamp", subject{forwardSubject, "Lamp"}},
		{"in brackets", "[Fwd: Lamp]", subject{forwardSubject, "Lamp"}},
		{"wide colon", "转发：Lamp", subject{forwardSubject, "Lamp"}},
		{"Turkish", "İLT: Lamp", subject{forwardSubject, "Lamp"}},
		{"differs between languages", "VS: Lamp", subject{unclearSubject, "Lamp"}},
		{"not known", "Bug: lamp", subject{unknownSubject, "lamp"}},
		{"words before a colon", "my new lamp: broken", subject{newSubject, "my new lamp: broken"}},
		{"new", "Lamp", subject{newSubject, "Lamp"}},
		{"open bracket", "[Fwd", subject{newSubject, "[Fwd"}},
		{"empty", "", subject{newSubject, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := readSubject(tt.subject); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestSubjectForwards(t *testing.T) {
	whole := map[field]string{fieldFrom: "t@b.example", fieldTo: "a@b.example", fieldDate: "5 Mar 2026 14:03", fieldSubject: "Lamp"}
	for _, tt := range []struct {
		name    string
		subject string
		hints   Hints
		want    bool
	}{
		{"forward", "WG: Lamp", Hints{}, true},
		{"answer", "Re: Lamp", Hints{To: []string{"s@lumen.example"}}, false},
		{"unclear, to somebody else", "VS: Lamp", Hints{To: []string{"s@lumen.example"}}, true},
		{"unclear, to its author", "VS: Lamp", Hints{To: []string{"t+desk@b.example"}}, false},
		{"not known, the same subject", "PR: Lamp", Hints{To: []string{"s@lumen.example"}, Answer: true}, true},
		{"not known, another subject", "PR: Chair", Hints{To: []string{"s@lumen.example"}, Answer: true}, false},
		{"a subject of its own", "Please help", Hints{To: []string{"s@lumen.example"}}, true},
		{"the author's own mail", "Please help", Hints{To: []string{"s@lumen.example"}, Address: "t@b.example"}, false},
		{"a subject of its own, an answer", "Please help", Hints{To: []string{"s@lumen.example"}, Answer: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := readSubject(tt.subject).forwards(block{values: whole}, tt.hints); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
