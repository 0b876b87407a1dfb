package lib.plan

of_type(type) := [rc | some rc in input.resource_changes; rc.type == type]
