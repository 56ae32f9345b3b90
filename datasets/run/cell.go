package run

// Cell gives a text as a cell of CSV that a spreadsheet shows and does not run, as
// Export writes it.
func Cell(s string) string { return string(appendCell(nil, s)) }
