-- How Argo CD judges a HelpCenter, a TicketForm or a Mailbox: by what the operator
-- says of this generation of it. Without this Argo CD takes each for healthy at once.
local hs = {status = "Progressing", message = "the operator has not looked at it yet"}
local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return hs
end
for _, condition in ipairs(status.conditions) do
  if condition.type == "Stalled" and condition.status == "True" then
    return {status = "Degraded", message = condition.reason .. ": " .. (condition.message or "")}
  end
  if condition.type == "Ready" then
    hs.message = condition.reason .. ": " .. (condition.message or "")
    if condition.status == "True" then
      hs.status = "Healthy"
    end
  end
end
return hs
