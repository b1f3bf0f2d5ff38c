"""The URLs of FHIR and the NHS that this project writes or compares."""

FHIR_NAMESPACE = "http://hl7.org/fhir"
LIST_STATUS = "http://hl7.org/fhir/list-status"

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

R4_SUBSETTED = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
R4_NHS_STRUCTURES = "https://fhir.nhs.uk/England/StructureDefinition"
R4_NHS_SYSTEMS = "https://fhir.nhs.uk/England/CodeSystem"
R4_UK_CORE = "https://fhir.hl7.org.uk"
R4_ODS_SYSTEMS = "https://digital.nhs.uk/services/organisation-data-service/CodeSystem"
R4_ORGANIZATION = (
    f"{R4_UK_CORE}/StructureDefinition/UKCore-Organization",
    f"{R4_NHS_STRUCTURES}/England-Organization-ODS",
)
R4_ORGANIZATION_AFFILIATION = (
    f"{R4_UK_CORE}/StructureDefinition/UKCore-OrganizationAffiliation",
    f"{R4_NHS_STRUCTURES}/England-OrganizationAffiliation-ODS",
)
R4_ORGANISATION_ROLE = f"{R4_NHS_STRUCTURES}/Extension-England-OrganisationRole"
R4_TYPED_PERIOD = f"{R4_NHS_STRUCTURES}/Extension-England-TypedPeriod"
R4_TYPED_DATE_TIME = f"{R4_NHS_STRUCTURES}/Extension-England-TypedDateTime"
R4_ADDRESS_KEY = f"{R4_UK_CORE}/StructureDefinition/Extension-UKCore-AddressKey"
R4_PERIOD_TYPE = f"{R4_NHS_SYSTEMS}/England-PeriodType"
R4_DATE_TIME = f"{R4_NHS_SYSTEMS}/England-ODSDateTime"
R4_RECORD_USE = f"{R4_NHS_SYSTEMS}/England-ODSRecordUseType"
R4_ADDRESS_KEY_TYPE = f"{R4_UK_CORE}/CodeSystem/UKCore-AddressKeyType"
R4_ROLE = f"{R4_ODS_SYSTEMS}/ODSOrganisationRole"
R4_RELATIONSHIP = f"{R4_ODS_SYSTEMS}/ODSRelationship"
R4_RECORD_CLASS = f"{R4_ODS_SYSTEMS}/ODSRecordClass"
R4_RELATIONSHIP_INSTANCE = f"{R4_ODS_SYSTEMS}/organization-relationship-instance"
R4_ROLE_INSTANCE = f"{R4_ODS_SYSTEMS}/organization-role-instance"
R4_SUCCESSION = f"{R4_ODS_SYSTEMS}/succession"
R4_GEOGRAPHY_NAME = f"{R4_ODS_SYSTEMS}/geography-name"
