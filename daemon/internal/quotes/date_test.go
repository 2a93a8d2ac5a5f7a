package quotes

import "testing"

func TestFindDate(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want when
	}{
		{"English", "Thu, Mar 5, 2026 at 2:03 PM", when{year: true, time: true}},
		{"German", "05.03.2026 um 14:03", when{year: true, day: true, time: true}},
		{"Finnish time", "5.3.2026 klo 14.03", when{year: true, day: true, time: true}},
		{"French time", "le 5 mars à 14h03", when{time: true}},
		{"Chinese", "2026年3月5日 下午2:03", when{year: true, day: true, time: true}},
		{"Arabic figures", "٥ مارس ٢٠٢٦ ١٤:٠٣", when{year: true, time: true}},
		{"Thai year", "5 มี.ค. 2569 14:03", when{year: true, time: true}},
		{"Persian year", "۱۴۰۴/۱۲/۱۴", when{year: true, day: true}},
		{"short year", "3/5/26", when{day: true}},
		{"number of an order", "order 123456", when{}},
		{"number of a ticket", "ticket #2026", when{}},
		{"telephone", "+49 301234567", when{}},
		{"four figures that are no year", "room 1204", when{}},
		{"none", "in the spring", when{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := findDate(tt.text); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
