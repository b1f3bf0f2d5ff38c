"""The URLs of FHIR and the NHS that this project writes or compares."""

FHIR_NAMESPACE = "http://hl7.org/fhir"

ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"

STU3_FHIR_NHS = "https://fhir.nhs.uk/STU3"
STU3_ROLE_PATH = "CodeSystem/ODSAPI-OrganizationRole-1"
STU3_ROLE = f"https://directory.spineservices.nhs.uk/STU3/{STU3_ROLE_PATH}"
STU3_ROLE_UAT = f"https://uat.directory.spineservices.nhs.uk/STU3/{STU3_ROLE_PATH}"
STU3_RECORD_CLASS = f"{STU3_FHIR_NHS}/CodeSystem/ODSAPI-OrganizationRecordClass-1"
STU3_ORGANIZATION = f"{STU3_FHIR_NHS}/StructureDefinition/ODSAPI-Organization-1"
STU3_ACTIVE_PERIOD = f"{STU3_FHIR_NHS}/StructureDefinition/Extension-ODSAPI-ActivePeriod-1"
STU3_DATE_TYPE = f"{STU3_FHIR_NHS}/StructureDefinition/Extension-ODSAPI-DateType-1"
STU3_ORGANIZATION_ROLE = f"{STU3_FHIR_NHS}/StructureDefinition/Extension-ODSAPI-OrganizationRole-1"
STU3_OPERATION_OUTCOME = f"{STU3_FHIR_NHS}/StructureDefinition/Spine-OperationOutcome-1"
STU3_ERROR = f"{STU3_FHIR_NHS}/CodeSystem/Spine-ErrorOrWarningCode-1"
STU3_SUBSETTED = "http://hl7.org/fhir/v3/ObservationValue"
