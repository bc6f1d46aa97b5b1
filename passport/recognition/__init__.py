"""Applications to be recognised at a level of practice: steps with deadlines, evidence by pillar, the decision."""
