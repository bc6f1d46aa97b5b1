"""How a person comes to be recognised in advanced practice: applications by either route, their steps, evidence and trainees."""
