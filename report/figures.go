package report

import "slices"

// figures is every figure of the report, in the order of its pages.
func figures() []*figure {
	all := slices.Concat(adoptionFigures(), dnsFigures(), []figure{againFigure()}, recordFigures(), tlsaFigures(), tlsFigures(), extraFigures(), []figure{findingsFigure(), brokenFigure(), culpritFigure()})
	out := make([]*figure, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out
}
