within;

model CoolingLoop "A line's product cooler, and the glycol valve that feeds it from the supply header"
  // One declaration a line: the FMU of the same equations takes its names, units and start values from these lines.
  constant Real glycolHeat = 1.03*3.75 "Heat capacity of propylene glycol 30 % in kJ/(l.K)";
  constant Real productHeat = 1.03*4.0 "Heat capacity of the product in kJ/(l.K)";
  constant Real releaseTime = 2.0 "s";

  parameter Real area(unit = "m2", min = 1, max = 500) = 36 "Heat transfer area";
  parameter Real transferCoefficient(unit = "kW/(m2.K)", min = 0.01, max = 10) = 0.5 "Clean, at nominal flows";
  parameter Real nominalProductFlow(unit = "l/s", min = 0.1, max = 100) = 5 "Product flow that the cooler is made for";
  parameter Real nominalGlycolFlow(unit = "l/s", min = 0.1, max = 100) = 6 "Glycol flow that the cooler is made for";
  parameter Real valveCoefficient(min = 0.1, max = 100) = 5.4 "Flow through the open valve in l/s at 1 bar";
  parameter Real nominalPressureDrop(unit = "bar", min = 0.01, max = 10) = 0.85 "Product side, clean, at nominal flow";
  parameter Real bowlVolume(unit = "l", min = 1, max = 10000) = 400 "Product in the filler's bowl";
  parameter Real thermalTime(unit = "s", min = 1, max = 600) = 25 "Time constant of the plates and what they hold";
  parameter Real valveTime(unit = "s", min = 0.5, max = 600) = 6.2 "Time constant of the valve's actuator";
  parameter Real fouling(min = 0, max = 20) = 0 "Extra thermal resistance, as a multiple of the clean one";
  parameter Real stickBand(min = 0, max = 1) = 0 "Gap between command and position that the valve's packing holds";
  parameter Real thermometerError(unit = "K", min = -20, max = 20) = 0 "What the product thermometer adds";

  input Real productFlow(unit = "l/s", start = 5) "Product through the cooler";
  input Real productInletTemperature(unit = "degC", start = 17) "Product from the blender";
  input Real supplyTemperature(unit = "degC", start = -2) "Glycol in the supply header";
  input Real headerPressure(unit = "bar", start = 2) "Supply header, gauge";
  input Real valveCommand(unit = "1", start = 0.6) "What the controller asks of the valve, 0 to 1";

  output Real valvePosition(unit = "1") "Opening of the valve, 0 to 1";
  output Real glycolFlow(unit = "l/s") "Glycol through valve and cooler";
  output Real productTemperature(unit = "degC") "What the thermometer behind the cooler reads";
  output Real glycolOutletTemperature(unit = "degC") "Glycol behind the cooler";
  output Real bowlTemperature(unit = "degC") "Product in the filler's bowl";
  output Real pressureDrop(unit = "bar") "Product side of the cooler";

protected
  Real position(start = 0.6, fixed = true);
  Real duty(unit = "kW", start = 150, fixed = true);
  Real bowl(unit = "degC", start = 8, fixed = true);
  Real gap;
  Real product;
  Real hot(unit = "kW/K");
  Real cold(unit = "kW/K");
  Real small(unit = "kW/K");
  Real ratio;
  Real film;
  Real units "Number of transfer units";
  Real decay;
  Real effectiveness;
  Real most(unit = "kW");
  Real steady(unit = "kW");
  Real moved(unit = "kW");
equation
  // The valve: air opens it against the packing; the spring closes it with three tenths of that friction.
  gap = valveCommand - position;
  valveTime*der(position) = max(0, gap - stickBand) + min(0, gap + 0.3*stickBand);
  valvePosition = position;
  glycolFlow = valveCoefficient*max(0.02, position)*sqrt(max(0.0025, headerPressure));
  // Effectiveness-NTU of a counterflow cooler. The recirculation keeps the flow above an eighth of nominal.
  product = max(0.1*nominalProductFlow, productFlow);
  hot = product*productHeat;
  cold = glycolFlow*glycolHeat;
  small = min(hot, cold);
  ratio = min(0.999, small/max(hot, cold));
  film = 0.5*(nominalProductFlow/product)^0.8 + 0.5*(nominalGlycolFlow/glycolFlow)^0.8;
  units = area*transferCoefficient/(film + fouling)/small;
  decay = exp(-units*(1 - ratio));
  effectiveness = (1 - decay)/(1 - ratio*decay);
  // What the plates hold can't cool the product below the glycol: it is given up within seconds when the flow falls.
  most = hot*(productInletTemperature - supplyTemperature);
  steady = effectiveness*small*(productInletTemperature - supplyTemperature);
  der(duty) = (steady - duty)/thermalTime - max(0, duty - most)/releaseTime;
  moved = min(duty, most);
  productTemperature = productInletTemperature - moved/hot + thermometerError;
  glycolOutletTemperature = supplyTemperature + moved/cold;
  bowlVolume*der(bowl) = product*(productInletTemperature - moved/hot - bowl);
  bowlTemperature = bowl;
  pressureDrop = nominalPressureDrop*(product/nominalProductFlow)^1.9*(1 + 1.8*fouling);
end CoolingLoop;
